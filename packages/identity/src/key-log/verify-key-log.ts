import { type AccountId, equalBytes, limits } from '@undertone/protocol';
import { checkSignature, type EntryBody, hashBody, type OpenedEntry, openEntry, openSigned } from './entry.ts';
import { maxEntries } from './fields.ts';
import { KeyLogError } from './key-log-error.ts';
import { kinds } from './kinds/kinds.ts';
import { type RootPayload, readRoot } from './kinds/root.ts';
import { KeyLogState } from './state.ts';
import type { VerifiedKeyLog } from './verified-key-log.ts';
import { verifyVersion1 } from './verify-version-1.ts';

/** Msgpack's mark of an array of nine: a body of version 2. Version 1 has a map. */
const arrayOfNine = 0x99;

/** Copies, so that nobody changes the bytes between their check and their use. */
function copyEntries(entries: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  if (entries.length > maxEntries) throw new KeyLogError('too_long');
  return entries.map((entry) => {
    if (!(entry instanceof Uint8Array)) throw new KeyLogError('malformed');
    if (entry.length > limits.keyLogEntryMaxBytes) throw new KeyLogError('too_long');
    return entry.slice();
  });
}

async function startLog(
  account: AccountId,
  first: OpenedEntry,
): Promise<{ readonly root: RootPayload; readonly hash: Uint8Array<ArrayBuffer>; readonly state: KeyLogState }> {
  const { body, bodyBytes } = first;
  if (body.account !== account) throw new KeyLogError('wrong_account');
  const root = readRoot(body);
  await checkSignature(first, root.key);
  const hash = await hashBody(bodyBytes);
  const state = new KeyLogState(account, hash);
  const { device, key } = root;
  state.addDevice({ device, key, addedAt: 0, removedAt: null, time: body.time, how: null, by: null });
  return { root, hash, state };
}

/** That `body` stands just after `before` in the log of `state`, whose last hash is `previous`. */
function checkChain(state: KeyLogState, before: EntryBody, previous: Uint8Array, body: EntryBody): void {
  if (body.account !== state.account) throw new KeyLogError('wrong_account');
  if (!equalBytes(body.root, state.root)) throw new KeyLogError('wrong_root');
  if (body.index !== before.index + 1 || !equalBytes(body.previous, previous)) throw new KeyLogError('broken_chain');
  if (body.time < before.time) throw new KeyLogError('time_falls');
}

async function verifyVersion2(account: AccountId, entries: Uint8Array<ArrayBuffer>[]): Promise<VerifiedKeyLog> {
  const [first, ...rest] = entries;
  if (first === undefined) throw new KeyLogError('malformed');
  let before = openEntry(first);
  const { root, hash: rootHash, state } = await startLog(account, before);
  const hashes = [rootHash];
  let hash = rootHash;
  let needsNewer = false;
  for (const entry of rest) {
    const opened = openEntry(entry);
    checkChain(state, before.body, hash, opened.body);
    await checkSignature(opened, state.keyOf(opened.body.signer));
    hash = await hashBody(opened.bodyBytes);
    hashes.push(hash);
    before = opened;
    const apply = kinds.get(opened.body.kind);
    needsNewer = apply === undefined;
    // What follows an entry that cannot be understood may be signed by devices that it added (SPEC K12).
    if (apply === undefined) break;
    if (opened.body.signer === 'recovery') state.recoverySpoke();
    await apply(state, opened.body);
    state.checkDeviceCount();
  }
  return {
    version: 2,
    account,
    root: rootHash,
    username: root.username,
    skeleton: root.skeleton,
    entries: entries.slice(0, hashes.length),
    hashes,
    head: { index: hashes.length - 1, hash },
    devices: state.devices,
    recovery: state.recovery,
    archive: state.archive,
    needsNewer,
  };
}

/**
 * Check the log of `account` from its first entry to its last, against every rule that the log alone can show (SPEC K1, K2, K4, K12).
 * An entry of an unknown kind that is signed as it should be ends the reading (`needsNewer`). Rejects with `KeyLogError`, and with
 * nothing else, whatever the bytes are.
 */
export async function verifyKeyLog(
  account: AccountId,
  entries: readonly Uint8Array<ArrayBuffer>[],
): Promise<VerifiedKeyLog> {
  const copies = copyEntries(entries);
  const [first] = copies;
  if (first === undefined) throw new KeyLogError('malformed');
  const [body] = openSigned(first);
  return body[0] === arrayOfNine ? await verifyVersion2(account, copies) : await verifyVersion1(account, copies);
}
