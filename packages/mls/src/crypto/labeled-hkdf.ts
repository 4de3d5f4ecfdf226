import { type Bytes, concatBytes, textBytes } from '../codec/bytes.ts';
import type { Hash } from './cipher-suite.ts';

const version = textBytes('HPKE-v1');

/** LabeledExtract of RFC 9180 §4. */
export function labeledExtract(
  hash: Hash,
  suiteId: Bytes,
  salt: Uint8Array,
  label: string,
  keyMaterial: Uint8Array,
): Bytes {
  const labeled = concatBytes(version, suiteId, textBytes(label), keyMaterial);
  const extracted = hash.extract(salt, labeled);
  labeled.fill(0);
  return extracted;
}

/** From here on a call to WebCrypto costs less than hashing in JavaScript. */
const largeBytes = 8_192;

/** LabeledExtract without salt of something public that may be large, such as a Welcome's group info. */
export async function labeledExtractPublic(
  hash: Hash,
  suiteId: Bytes,
  label: string,
  keyMaterial: Uint8Array,
): Promise<Bytes> {
  const labeled = concatBytes(version, suiteId, textBytes(label), keyMaterial);
  return labeled.length < largeBytes ? hash.extract(new Uint8Array(), labeled) : hash.extractLarge(labeled);
}

/** LabeledExpand of RFC 9180 §4. */
export function labeledExpand(
  hash: Hash,
  suiteId: Bytes,
  pseudorandomKey: Bytes,
  label: string,
  info: Uint8Array,
  length: number,
): Bytes {
  const prefix = new Uint8Array([length >> 8, length & 0xff]);
  return hash.expand(pseudorandomKey, concatBytes(prefix, version, suiteId, textBytes(label), info), length);
}
