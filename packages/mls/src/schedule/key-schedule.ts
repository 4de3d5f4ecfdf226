import { type Bytes, copyBytes, noBytes, textBytes } from '../codec/bytes.ts';
import type { CipherSuite, Hash, KeyPair } from '../crypto/cipher-suite.ts';
import { hpkeReceiveExport, hpkeSendExport } from '../crypto/hpke.ts';
import { deriveSecret, expandWithLabel } from '../crypto/labels.ts';

/** The secrets of an epoch (RFC 9420 §8, Table 4). The encryption secret goes into the secret tree instead. */
export interface EpochSecrets {
  readonly senderDataSecret: Bytes;
  readonly exporterSecret: Bytes;
  readonly externalSecret: Bytes;
  readonly confirmationKey: Bytes;
  readonly membershipKey: Bytes;
  readonly resumptionPsk: Bytes;
  readonly epochAuthenticator: Bytes;
  readonly initSecret: Bytes;
}

export interface DerivedEpoch {
  readonly secrets: EpochSecrets;
  readonly encryptionSecret: Bytes;
}

/** In place of a PSK secret when there is no PSK, and of a commit secret when there is no path (RFC 9420 §8). */
export function zeroSecret(hash: Hash): Bytes {
  return new Uint8Array(hash.bytes);
}

/** The joiner secret: what a Welcome carries (RFC 9420 §8, Figure 22). */
export function joinerSecretOf(hash: Hash, initSecret: Bytes, commitSecret: Bytes, groupContext: Bytes): Bytes {
  const extracted = hash.extract(initSecret, commitSecret);
  const joinerSecret = expandWithLabel(hash, extracted, 'joiner', groupContext, hash.bytes);
  extracted.fill(0);
  return joinerSecret;
}

/** The secret under which a Welcome's group info is encrypted (RFC 9420 §12.4.3.1). */
export function welcomeKeyOf(
  { hash, aead }: CipherSuite,
  joinerSecret: Bytes,
  pskSecret: Bytes,
): { key: Bytes; nonce: Bytes } {
  const member = hash.extract(joinerSecret, pskSecret);
  const welcomeSecret = deriveSecret(hash, member, 'welcome');
  const key = expandWithLabel(hash, welcomeSecret, 'key', noBytes, aead.keyBytes);
  const nonce = expandWithLabel(hash, welcomeSecret, 'nonce', noBytes, aead.nonceBytes);
  member.fill(0);
  welcomeSecret.fill(0);
  return { key, nonce };
}

/** From the epoch secret on (RFC 9420 §8, Figure 22). Wipes it. */
export function deriveEpoch(hash: Hash, epochSecret: Bytes): DerivedEpoch {
  const derive = (label: string) => deriveSecret(hash, epochSecret, label);
  const secrets: EpochSecrets = {
    senderDataSecret: derive('sender data'),
    exporterSecret: derive('exporter'),
    externalSecret: derive('external'),
    confirmationKey: derive('confirm'),
    membershipKey: derive('membership'),
    resumptionPsk: derive('resumption'),
    epochAuthenticator: derive('authentication'),
    initSecret: derive('init'),
  };
  const encryptionSecret = derive('encryption');
  epochSecret.fill(0);
  return { secrets, encryptionSecret };
}

/** From the joiner secret on (RFC 9420 §8, Figure 22). */
export function epochFromJoiner(hash: Hash, joinerSecret: Bytes, pskSecret: Bytes, groupContext: Bytes): DerivedEpoch {
  const member = hash.extract(joinerSecret, pskSecret);
  const epochSecret = expandWithLabel(hash, member, 'epoch', groupContext, hash.bytes);
  member.fill(0);
  return deriveEpoch(hash, epochSecret);
}

/** The confirmation tag of an epoch (RFC 9420 §6.1). */
export function confirmationTagOf(
  hash: Hash,
  { confirmationKey }: EpochSecrets,
  confirmedTranscriptHash: Bytes,
): Bytes {
  return hash.mac(confirmationKey, confirmedTranscriptHash);
}

/** The key pair to which external joiners encapsulate (RFC 9420 §8.3). */
export function externalKeyPair({ kem }: CipherSuite, { externalSecret }: EpochSecrets): Promise<KeyPair> {
  return kem.deriveKeyPair(externalSecret);
}

const externalInitContext = textBytes('MLS 1.0 external init secret');

/** A new init secret for an external commit, and the output that goes into its ExternalInit proposal (RFC 9420 §8.3). */
export async function sendExternalInit(
  suite: CipherSuite,
  externalPub: Bytes,
): Promise<{ kemOutput: Bytes; initSecret: Bytes }> {
  const { kemOutput, exported } = await hpkeSendExport(suite, externalPub, externalInitContext, suite.hash.bytes);
  return { kemOutput, initSecret: exported };
}

/** The other side of {@link sendExternalInit}. `undefined` when `kemOutput` is no key. */
export async function receiveExternalInit(
  suite: CipherSuite,
  secrets: EpochSecrets,
  kemOutput: Bytes,
): Promise<Bytes | undefined> {
  const keyPair = await externalKeyPair(suite, secrets);
  const initSecret = await hpkeReceiveExport(suite, keyPair, kemOutput, externalInitContext, suite.hash.bytes);
  keyPair.privateKey.fill(0);
  return initSecret;
}

/** MLS-Exporter (RFC 9420 §8.5). */
export function exportSecretOf(
  hash: Hash,
  { exporterSecret }: EpochSecrets,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const derived = deriveSecret(hash, exporterSecret, label);
  const exported = expandWithLabel(hash, derived, 'exported', hash.digest(copyBytes(context)), length);
  derived.fill(0);
  return exported;
}
