import { encode } from '@msgpack/msgpack';
import { decodeMsgpack, equalBytes, Seq } from '@undertone/protocol';
import { z } from 'zod';

const sized = (...lengths: number[]) =>
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && lengths.includes(value.length));
const Index = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const Encoded = z.tuple([
  z.literal(1),
  Seq,
  sized(0, 32),
  Index,
  sized(0, 32),
  Index,
  sized(0, 32),
  Index,
  sized(0, 32),
]);

/** What a device says of the log as it received it, inside of what it signs (SPEC E3). */
export interface Evidence {
  /** The newest entry that it had processed, and the hash of the epoch's log up to it; 0 and empty where it does not know. */
  readonly seq: Seq;
  readonly hash: Uint8Array<ArrayBuffer>;
  /** How many epochs before this one it followed to their ends, as far as that is compared, and the hash over these ends; 0 and empty for none. */
  readonly epochs: number;
  readonly past: Uint8Array<ArrayBuffer>;
  /** The newest entry of its own account's key log (SPEC K6). */
  readonly keyHead: { readonly index: number; readonly hash: Uint8Array<ArrayBuffer> };
}

const nothing = new Uint8Array(0);

/** The last two fields are for a head of a log of all key logs, which there is none of yet. */
export function encodeEvidence({ seq, hash, epochs, past, keyHead }: Evidence): Uint8Array<ArrayBuffer> {
  return encode([1, seq, hash, epochs, past, keyHead.index, keyHead.hash, 0, nothing]).slice();
}

/** Evidence as it came, or `undefined` if it is none. Only the one spelling of it counts. */
export function decodeEvidence(data: Uint8Array): Evidence | undefined {
  let parsed: z.infer<typeof Encoded>;
  try {
    parsed = Encoded.parse(decodeMsgpack(data));
  } catch {
    return undefined;
  }
  if (!equalBytes(encode(parsed), data)) return undefined;
  const [, seq, hash, epochs, past, index, keyHash] = parsed;
  if ((seq === 0) !== (hash.length === 0) || (epochs === 0) !== (past.length === 0)) return undefined;
  return { seq, hash: hash.slice(), epochs, past: past.slice(), keyHead: { index, hash: keyHash.slice() } };
}
