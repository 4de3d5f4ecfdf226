import { encode } from '@msgpack/msgpack';
import { AccountId, DeviceId, decodeMsgpack, equalBytes } from '@undertone/protocol';
import { z } from 'zod';
import { verifyWithLabel } from '../signing-key.ts';
import { openSigned } from './entry.ts';
import { Empty, PublicKey } from './fields.ts';
import { KeyLogError } from './key-log-error.ts';
import type { VerifiedKeyLog } from './verified-key-log.ts';

const label = 'undertone key log 1';

const Body = z.strictObject({
  version: z.literal(1),
  account: AccountId,
  index: z.literal(0),
  previous: Empty,
  kind: z.literal('root'),
  device: DeviceId,
  key: PublicKey,
});

function decodeBody(data: Uint8Array): z.infer<typeof Body> {
  let parsed: z.infer<typeof Body>;
  try {
    parsed = Body.parse(decodeMsgpack(data));
  } catch (cause) {
    throw new KeyLogError('malformed', { cause });
  }
  const { version, account, index, previous, kind, device, key } = parsed;
  // In this very order: a map can be written in many.
  const canonical = encode({ version, account, index, previous, kind, device, key });
  if (!equalBytes(canonical, data)) throw new KeyLogError('malformed');
  return parsed;
}

/** A log of version 1 is one entry that names one device; its root is the hash of that entry. Rejects with `KeyLogError`. */
export async function verifyVersion1(
  account: AccountId,
  entries: readonly Uint8Array<ArrayBuffer>[],
): Promise<VerifiedKeyLog> {
  const [entry, ...rest] = entries;
  if (entry === undefined || rest.length > 0) throw new KeyLogError('malformed');
  const [bodyBytes, signature] = openSigned(entry);
  const body = decodeBody(bodyBytes);
  if (body.account !== account) throw new KeyLogError('wrong_account');
  if (!(await verifyWithLabel(body.key, label, bodyBytes, signature))) throw new KeyLogError('bad_signature');
  const { device } = body;
  const root = new Uint8Array(await crypto.subtle.digest('SHA-256', entry));
  const only = { device, key: body.key.slice(), addedAt: 0, removedAt: null, time: null, how: null, by: null };
  return {
    version: 1,
    account,
    root,
    username: null,
    skeleton: null,
    entries: [entry],
    hashes: [root],
    head: { index: 0, hash: root },
    devices: new Map([[device, only]]),
    recovery: null,
    archive: null,
    needsNewer: false,
  };
}
