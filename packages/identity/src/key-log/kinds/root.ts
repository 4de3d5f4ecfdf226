import { DeviceId, type TimestampMs } from '@undertone/protocol';
import { z } from 'zod';
import type { DeviceIdentity } from '../../credential.ts';
import type { SigningKey } from '../../signing-key.ts';
import { type EntryBody, parseField, signEntry } from '../entry.ts';
import { PublicKey, Skeleton, Username } from '../fields.ts';
import { KeyLogError } from '../key-log-error.ts';

const Payload = z.tuple([Username, Skeleton, DeviceId, PublicKey]);
const none = new Uint8Array(0);

export interface RootPayload {
  readonly username: string;
  readonly skeleton: string;
  readonly device: DeviceId;
  readonly key: Uint8Array<ArrayBuffer>;
}

/** Read the first entry's payload: its device signs it. Throws `KeyLogError`. */
export function readRoot({ root, index, previous, kind, signer, payload }: EntryBody): RootPayload {
  if (kind !== 'root') throw new KeyLogError('malformed');
  if (root.length > 0) throw new KeyLogError('wrong_root');
  if (index !== 0 || previous.length > 0) throw new KeyLogError('broken_chain');
  const [username, skeleton, device, key] = parseField(Payload, payload);
  if (signer !== device) throw new KeyLogError('wrong_signer');
  return { username, skeleton, device, key: key.slice() };
}

/**
 * The first entry of a new log: `key` of this device speaks for the account, which was made as `username` (SPEC K10). `skeleton` is
 * its look-alike key, `usernameKeys(username).usernameKey`.
 */
export async function createRootEntry(
  { account, device }: DeviceIdentity,
  key: SigningKey,
  root: { readonly username: string; readonly skeleton: string; readonly time: TimestampMs },
): Promise<Uint8Array<ArrayBuffer>> {
  const payload = [root.username, root.skeleton, device, key.publicKey];
  const body = {
    account,
    root: none,
    index: 0,
    previous: none,
    time: root.time,
    kind: 'root',
    signer: device,
    payload,
  };
  return await signEntry(body, key.privateKey);
}
