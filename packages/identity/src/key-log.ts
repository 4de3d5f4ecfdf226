import { encode } from '@msgpack/msgpack';
import { AccountId, DeviceId, decodeMsgpack } from '@undertone/protocol';
import { z } from 'zod';
import type { DeviceIdentity } from './credential.ts';
import { type SigningKey, signWithLabel, verifyWithLabel } from './signing-key.ts';

const label = 'undertone key log 1';

const fixedBytes = (length: number) =>
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && value.length === length);

const Entry = z.tuple([z.instanceof(Uint8Array<ArrayBuffer>), fixedBytes(64)]);

const RootBody = z.strictObject({
  version: z.literal(1),
  account: AccountId,
  index: z.literal(0),
  previous: fixedBytes(0),
  kind: z.literal('root'),
  device: DeviceId,
  key: fixedBytes(32),
});

/** What a key log, once verified, says. */
export interface VerifiedKeyLog {
  readonly account: AccountId;
  /** SHA-256 of the first entry: what is pinned and compared (SPEC I5). */
  readonly root: Uint8Array<ArrayBuffer>;
  /** The signature key of each device. */
  readonly devices: ReadonlyMap<DeviceId, Uint8Array<ArrayBuffer>>;
}

/** A key log that does not prove what it should. Nothing of it may be used. */
export class KeyLogError extends Error {
  readonly code: 'malformed' | 'unknown_entry' | 'wrong_account' | 'bad_signature';

  constructor(code: KeyLogError['code'], options?: ErrorOptions) {
    super(`key log: ${code}`, options);
    this.name = 'KeyLogError';
    this.code = code;
  }
}

/** The first entry of a new key log: `device` with `key` speaks for `account` (SPEC I2, I3). */
export async function createRootEntry(
  { account, device }: DeviceIdentity,
  key: SigningKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = encode({
    version: 1,
    account,
    index: 0,
    previous: new Uint8Array(0),
    kind: 'root',
    device,
    key: key.publicKey,
  });
  return encode([body, await signWithLabel(key.privateKey, label, body)]);
}

function decodeEntry<T>(schema: z.ZodType<T>, data: Uint8Array): T {
  try {
    return schema.parse(decodeMsgpack(data));
  } catch (cause) {
    throw new KeyLogError('malformed', { cause });
  }
}

/**
 * Check the log of `account` from its first entry to its last (SPEC I2, I3). The signature is checked over the bytes as they
 * came, before they are read. Rejects with `KeyLogError`.
 */
export async function verifyKeyLog(
  account: AccountId,
  entries: readonly Uint8Array<ArrayBuffer>[],
): Promise<VerifiedKeyLog> {
  const [first, ...rest] = entries;
  if (first === undefined) throw new KeyLogError('malformed');
  if (rest.length > 0) throw new KeyLogError('unknown_entry');
  const [body, signature] = decodeEntry(Entry, first);
  const root = decodeEntry(RootBody, body);
  if (root.account !== account) throw new KeyLogError('wrong_account');
  if (!(await verifyWithLabel(root.key, label, body, signature))) throw new KeyLogError('bad_signature');
  return {
    account,
    root: new Uint8Array(await crypto.subtle.digest('SHA-256', first)),
    // A copy: msgpack gives views of the entry's buffer.
    devices: new Map([[root.device, root.key.slice()]]),
  };
}
