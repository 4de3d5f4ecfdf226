import { createRootEntry, encodeIdentity, generateSigningKey } from '@undertone/identity';
import { MlsEngine } from '@undertone/mls/profile';
import { type AccountId, type DeviceId, type KeyLog, type KeyLogList, toBase64url } from '@undertone/protocol';
import { skeletonOf } from '../src/identity/username-skeleton.ts';
import type { Person } from './people.ts';

/**
 * A device that a lying server made up: whose account it says it is, only the server vouches for. `username`: of the account, or of one
 * that it makes up; `device`: an id that another device has.
 */
export async function makeGhost(
  account: AccountId,
  root: number,
  username = `ghost${root + 1}`,
  device = crypto.randomUUID() as DeviceId,
) {
  const key = await generateSigningKey();
  const skeleton = await skeletonOf(username);
  const entry = await createRootEntry({ account, device }, key, { username, skeleton, time: Date.now() });
  const log: KeyLog = { account, root, entries: [toBase64url(entry)] };
  const identity = encodeIdentity({ account, device });
  const engine = new MlsEngine({ signer: key, identity, authentication: { validate: async () => true } });
  return { account, device, log, key, engine };
}
export type Ghost = Awaited<ReturnType<typeof makeGhost>>;

/** Give the person key logs besides the true ones. */
export function plantKeyLogs(person: Person, planted: readonly KeyLog[]): void {
  const before = person.answer;
  person.answer = (path, body) => {
    if (path !== '/api/key-logs') return before(path, body);
    return { logs: [...(body as KeyLogList).logs, ...planted] };
  };
}
