import type { CommonPasswords } from '@undertone/protocol';

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string');

/** The list at `url`, by frequency; `undefined` if it cannot be fetched or is not a list of words. */
export async function fetchCommonPasswords(
  url: string,
  fetch: (url: string) => Promise<Response> = (address) => globalThis.fetch(address),
): Promise<CommonPasswords | undefined> {
  try {
    const response = await fetch(url);
    const words: unknown = response.ok ? await response.json() : undefined;
    return isWords(words) ? new Set(words) : undefined;
  } catch {
    return undefined;
  }
}
