import { AccountId, DeviceId, type TimestampMs } from '@undertone/protocol';
import { z } from 'zod';
import { sha256WithLabel, signWithLabel, verifyWithLabel } from '../signing-key.ts';
import { decodeCanonical, encodeCanonical } from './canonical.ts';
import { Empty, Hash, Signature, Word } from './fields.ts';
import { KeyLogError } from './key-log-error.ts';

const hashLabel = 'undertone key log 2';
const signatureLabel = 'undertone key log 2 entry';

/** Who signs: a device by its id, or the present recovery key. */
export const Signer = z.union([DeviceId, z.literal('recovery')]);
export type Signer = z.infer<typeof Signer>;

const SignedEntry = z.tuple([z.instanceof(Uint8Array<ArrayBuffer>), Signature]);

const Body = z.tuple([
  z.literal(2),
  AccountId,
  z.union([Hash, Empty]),
  z.number().int().nonnegative(),
  z.union([Hash, Empty]),
  z.number().int().nonnegative(),
  Word,
  Signer,
  z.array(z.unknown()),
]);

/** What an entry says, before anything of it is proved. `root` and `previous` are empty in the root entry only. */
export interface EntryBody {
  readonly account: AccountId;
  readonly root: Uint8Array<ArrayBuffer>;
  readonly index: number;
  readonly previous: Uint8Array<ArrayBuffer>;
  readonly time: TimestampMs;
  readonly kind: string;
  readonly signer: Signer;
  readonly payload: readonly unknown[];
}

/** An entry that has the format, with the bytes that its signature is over. */
export interface OpenedEntry {
  readonly body: EntryBody;
  readonly bodyBytes: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Parse `value` of a log, or fail with `malformed`. */
export function parseField<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new KeyLogError('malformed', { cause: parsed.error });
  return parsed.data;
}

function decodeField<T>(schema: z.ZodType<T>, data: Uint8Array): T {
  let value: unknown;
  try {
    value = decodeCanonical(data);
  } catch (cause) {
    throw new KeyLogError('malformed', { cause });
  }
  return parseField(schema, value);
}

/** The two parts of a signed entry, of either version. Throws `KeyLogError`. */
export function openSigned(entry: Uint8Array): [body: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>] {
  return decodeField(SignedEntry, entry);
}

/** Read an entry of version 2 (SPEC K4). It proves nothing yet. Throws `KeyLogError`. */
export function openEntry(entry: Uint8Array): OpenedEntry {
  const [bodyBytes, signature] = openSigned(entry);
  const [, account, root, index, previous, time, kind, signer, payload] = decodeField(Body, bodyBytes);
  return { body: { account, root, index, previous, time, kind, signer, payload }, bodyBytes, signature };
}

/** SHA-256 over label and body: what the next entry names as `previous`, and for the root entry the identity's root. */
export async function hashBody(bodyBytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await sha256WithLabel(hashLabel, bodyBytes);
}

/** Fails with `bad_signature` unless `key` signed the entry. */
export async function checkSignature(
  { bodyBytes, signature }: OpenedEntry,
  key: Uint8Array<ArrayBuffer>,
): Promise<void> {
  if (!(await verifyWithLabel(key, signatureLabel, bodyBytes, signature))) throw new KeyLogError('bad_signature');
}

/** Encode and sign an entry. It says what it is given: whether the log allows it is for `verifyKeyLog`. */
export async function signEntry(body: EntryBody, key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const { account, root, index, previous, time, kind, signer, payload } = body;
  const bodyBytes = encodeCanonical([2, account, root, index, previous, time, kind, signer, payload]);
  return encodeCanonical([bodyBytes, await signWithLabel(key, signatureLabel, bodyBytes)]);
}
