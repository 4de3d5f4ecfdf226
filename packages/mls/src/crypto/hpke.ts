import { type Bytes, concatBytes, noBytes, textBytes } from '../codec/bytes.ts';
import type { CipherSuite } from './cipher-suite.ts';
import { labeledExpand, labeledExtract, labeledExtractPublic } from './labeled-hkdf.ts';

/** `HPKECiphertext` of RFC 9420 §7.6. */
export interface HpkeCiphertext {
  readonly kemOutput: Bytes;
  readonly ciphertext: Bytes;
}

const modeBase = new Uint8Array([0]);

function suiteIdOf({ kem, hash, aead }: CipherSuite): Bytes {
  const ids = [kem.id, hash.kdfId, aead.id].flatMap((id) => [id >> 8, id & 0xff]);
  return concatBytes(textBytes('HPKE'), new Uint8Array(ids));
}

/** KeySchedule of RFC 9180 §5.1 in base mode, as far as one message needs it. Wipes the shared secret. */
export async function keySchedule(suite: CipherSuite, sharedSecret: Bytes, info: Bytes) {
  const { hash, aead } = suite;
  const suiteId = suiteIdOf(suite);
  const pskIdHash = labeledExtract(hash, suiteId, noBytes, 'psk_id_hash', noBytes);
  const infoHash = await labeledExtractPublic(hash, suiteId, 'info_hash', info);
  const context = concatBytes(modeBase, pskIdHash, infoHash);
  const secret = labeledExtract(hash, suiteId, sharedSecret, 'secret', noBytes);
  sharedSecret.fill(0);
  const expand = (label: string, length: number) => labeledExpand(hash, suiteId, secret, label, context, length);
  return {
    keyAndNonce: () => ({ key: expand('key', aead.keyBytes), nonce: expand('base_nonce', aead.nonceBytes) }),
    /** Context.Export of RFC 9180 §5.3. */
    export(exporterContext: Bytes, length: number): Bytes {
      const exporterSecret = expand('exp', hash.bytes);
      const exported = labeledExpand(hash, suiteId, exporterSecret, 'sec', exporterContext, length);
      exporterSecret.fill(0);
      return exported;
    },
    wipe: () => secret.fill(0),
  };
}

/** SealBase of RFC 9180 §6.1 for one message without associated data. */
export async function hpkeSeal(
  suite: CipherSuite,
  publicKey: Bytes,
  info: Bytes,
  plaintext: Bytes,
): Promise<HpkeCiphertext> {
  const { sharedSecret, kemOutput } = await suite.kem.encapsulate(publicKey);
  const schedule = await keySchedule(suite, sharedSecret, info);
  const { key, nonce } = schedule.keyAndNonce();
  schedule.wipe();
  const ciphertext = await suite.aead.seal(key, nonce, noBytes, plaintext);
  key.fill(0);
  return { kemOutput, ciphertext };
}

/** OpenBase of RFC 9180 §6.1. `undefined` when it does not open. */
export async function hpkeOpen(
  suite: CipherSuite,
  { privateKey, publicKey }: { privateKey: Bytes; publicKey: Bytes },
  info: Bytes,
  { kemOutput, ciphertext }: HpkeCiphertext,
): Promise<Bytes | undefined> {
  const sharedSecret = await decapsulated(suite, kemOutput, privateKey, publicKey);
  if (sharedSecret === undefined) return undefined;
  const schedule = await keySchedule(suite, sharedSecret, info);
  const { key, nonce } = schedule.keyAndNonce();
  schedule.wipe();
  const plaintext = await suite.aead.open(key, nonce, noBytes, ciphertext);
  key.fill(0);
  return plaintext;
}

/** SetupBaseS and Export: a secret that only the owner of the key can compute from `kemOutput` (RFC 9420 §8.3). */
export async function hpkeSendExport(
  suite: CipherSuite,
  publicKey: Bytes,
  exporterContext: Bytes,
  length: number,
): Promise<{ kemOutput: Bytes; exported: Bytes }> {
  const { sharedSecret, kemOutput } = await suite.kem.encapsulate(publicKey);
  const schedule = await keySchedule(suite, sharedSecret, noBytes);
  const exported = schedule.export(exporterContext, length);
  schedule.wipe();
  return { kemOutput, exported };
}

/** SetupBaseR and Export. `undefined` when `kemOutput` is no key. */
export async function hpkeReceiveExport(
  suite: CipherSuite,
  { privateKey, publicKey }: { privateKey: Bytes; publicKey: Bytes },
  kemOutput: Bytes,
  exporterContext: Bytes,
  length: number,
): Promise<Bytes | undefined> {
  const sharedSecret = await decapsulated(suite, kemOutput, privateKey, publicKey);
  if (sharedSecret === undefined) return undefined;
  const schedule = await keySchedule(suite, sharedSecret, noBytes);
  const exported = schedule.export(exporterContext, length);
  schedule.wipe();
  return exported;
}

async function decapsulated(
  { kem }: CipherSuite,
  kemOutput: Bytes,
  privateKey: Bytes,
  publicKey: Bytes,
): Promise<Bytes | undefined> {
  try {
    return await kem.decapsulate(kemOutput, privateKey, publicKey);
  } catch {
    return undefined; // WebCrypto refuses what is no key, and the all-zero result of RFC 9180 §7.1.4
  }
}
