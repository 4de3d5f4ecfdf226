import { type Bytes, noBytes, textBytes } from '../codec/bytes.ts';
import { opaqueBytes, Writer } from '../codec/writer.ts';
import type { CipherSuite, Hash } from './cipher-suite.ts';
import { type HpkeCiphertext, hpkeOpen, hpkeSeal } from './hpke.ts';

/** Every use of a primitive has a label of its own, so that no output of one can stand for another. */
const prefix = 'MLS 1.0 ';

/** Labels are few and their encodings are needed for every message. */
const labelBytes = new Map<string, Bytes>();

function prefixed(label: string): Bytes {
  let bytes = labelBytes.get(label);
  if (bytes === undefined) {
    bytes = textBytes(prefix + label);
    if (labelBytes.size < 64) labelBytes.set(label, bytes);
  }
  return bytes;
}

function labeled(label: string, content: Uint8Array): Bytes {
  const name = prefixed(label);
  return new Writer(opaqueBytes(name.length) + opaqueBytes(content.length)).opaque(name).opaque(content).finish();
}

/** ExpandWithLabel of RFC 9420 §8. */
export function expandWithLabel(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const info = new Writer(64).uint16(length).opaque(prefixed(label)).opaque(context).finish();
  return hash.expand(secret, info, length);
}

/** DeriveSecret of RFC 9420 §8. */
export function deriveSecret(hash: Hash, secret: Uint8Array, label: string): Bytes {
  return expandWithLabel(hash, secret, label, noBytes, hash.bytes);
}

/** DeriveTreeSecret of RFC 9420 §9. */
export function deriveTreeSecret(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  generation: number,
  length: number,
): Bytes {
  return expandWithLabel(hash, secret, label, new Writer(4).uint32(generation).finish(), length);
}

/** RefHash of RFC 9420 §5.2. This label carries no prefix of its own: the caller's has it. */
export function refHash(hash: Hash, label: string, value: Uint8Array): Bytes {
  const name = textBytes(label);
  return hash.digest(new Writer(name.length + value.length + 8).opaque(name).opaque(value).finish());
}

/** MakeKeyPackageRef of RFC 9420 §5.2. `keyPackage` is encoded. */
export function keyPackageRef(hash: Hash, keyPackage: Uint8Array): Bytes {
  return refHash(hash, 'MLS 1.0 KeyPackage Reference', keyPackage);
}

/** MakeProposalRef of RFC 9420 §5.2. `authenticatedContent` is encoded. */
export function proposalRef(hash: Hash, authenticatedContent: Uint8Array): Bytes {
  return refHash(hash, 'MLS 1.0 Proposal Reference', authenticatedContent);
}

/** SignWithLabel of RFC 9420 §5.1.2. */
export function signWithLabel(
  { signature }: CipherSuite,
  privateKey: CryptoKey,
  label: string,
  content: Uint8Array,
): Promise<Bytes> {
  return signature.sign(privateKey, labeled(label, content));
}

/** VerifyWithLabel of RFC 9420 §5.1.2. */
export function verifyWithLabel(
  { signature }: CipherSuite,
  publicKey: Bytes,
  label: string,
  content: Uint8Array,
  signatureBytes: Bytes,
): Promise<boolean> {
  return signature.verify(publicKey, labeled(label, content), signatureBytes);
}

/** What a signature is made over: for those who verify many at once, elsewhere. */
export function signedContent(label: string, content: Uint8Array): Bytes {
  return labeled(label, content);
}

/** EncryptWithLabel of RFC 9420 §5.1.3. */
export function encryptWithLabel(
  suite: CipherSuite,
  publicKey: Bytes,
  label: string,
  context: Uint8Array,
  plaintext: Bytes,
): Promise<HpkeCiphertext> {
  return hpkeSeal(suite, publicKey, labeled(label, context), plaintext);
}

/** DecryptWithLabel of RFC 9420 §5.1.3. `undefined` when it does not open. */
export function decryptWithLabel(
  suite: CipherSuite,
  keyPair: { privateKey: Bytes; publicKey: Bytes },
  label: string,
  context: Uint8Array,
  ciphertext: HpkeCiphertext,
): Promise<Bytes | undefined> {
  return hpkeOpen(suite, keyPair, labeled(label, context), ciphertext);
}
