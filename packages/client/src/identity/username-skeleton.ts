import { normalizeUsername } from '@undertone/protocol';

/** The look-alike key of a username (SPEC A1). Its table is large, so it is loaded when it is first needed. */
export async function skeletonOf(username: string): Promise<string> {
  const { usernameKeys } = await import('@undertone/protocol/username-key');
  return usernameKeys(username).usernameKey;
}

/** Whether a username is in its stored form and has this look-alike key (SPEC K10). */
export async function isSkeletonOf(username: string, skeleton: string): Promise<boolean> {
  return normalizeUsername(username) === username && (await skeletonOf(username)) === skeleton;
}
