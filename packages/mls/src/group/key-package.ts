import { type Bytes, equalBytes } from '../codec/bytes.ts';
import type { CipherSuite, KeyPair } from '../crypto/cipher-suite.ts';
import { keyPackageRef, signedContent, signWithLabel } from '../crypto/labels.ts';
import { must } from '../errors.ts';
import { type Extension, extensionTypesAreUnique, type RequiredCapabilities } from '../messages/extension.ts';
import { encodeKeyPackageContent, type KeyPackage, makeKeyPackage } from '../messages/key-package.ts';
import { type LeafNodeSource, noPosition } from '../messages/leaf-node.ts';
import { leafNodeSources, mls10 } from '../messages/numbers.ts';
import type { MlsClient } from './client.ts';
import { signLeafNode } from './sign-leaf.ts';
import { assertLeafForm, leafSignature } from './validate-leaf.ts';
import type { SignatureCheck } from './verify-signatures.ts';

const keyPackageLabel = 'KeyPackageTBS';

/** A key package with the private keys that its owner keeps until a Welcome names it. */
export interface OwnedKeyPackage {
  readonly keyPackage: KeyPackage;
  readonly initKeys: KeyPair;
  readonly leafKeys: KeyPair;
}

/** A new key package (RFC 9420 §10). */
export async function generateKeyPackage(
  client: MlsClient,
  extensions: readonly Extension[] = [],
): Promise<OwnedKeyPackage> {
  const { suite, signer, lifetime, now } = client;
  const [initKeys, leafKeys] = await Promise.all([suite.kem.generateKeyPair(), suite.kem.generateKeyPair()]);
  const seconds = now();
  const source: LeafNodeSource = {
    type: leafNodeSources.keyPackage,
    lifetime: { notBefore: seconds - lifetime.before, notAfter: seconds + lifetime.after },
  };
  const leafNode = await signLeafNode(client, leafKeys.publicKey, source, noPosition);
  const content = { version: mls10, cipherSuite: suite.id, initKey: initKeys.publicKey, leafNode, extensions };
  const signedPart = encodeKeyPackageContent(content);
  const signature = await signWithLabel(suite, signer.privateKey, keyPackageLabel, signedPart);
  return { keyPackage: makeKeyPackage(content, signedPart, signature), initKeys, leafKeys };
}

/** KeyPackageRef of RFC 9420 §5.2. */
export function referenceOf({ hash }: CipherSuite, { bytes }: KeyPackage): Bytes {
  return keyPackageRef(hash, bytes);
}

/** The rules of RFC 9420 §10.1 that need no signature. */
export function assertKeyPackageForm(suite: CipherSuite, keyPackage: KeyPackage, required: RequiredCapabilities): void {
  const { version, cipherSuite, initKey, leafNode, extensions } = keyPackage;
  must(version === mls10 && cipherSuite === suite.id, 'key_package_suite');
  must(suite.kem.isPublicKey(initKey), 'key_package_init_key');
  must(!equalBytes(initKey, leafNode.encryptionKey), 'key_package_init_key');
  must(extensionTypesAreUnique(extensions), 'extension_repeated');
  assertLeafForm(suite, leafNode, required, leafNodeSources.keyPackage);
}

/** Its two signatures, to be checked (RFC 9420 §10.1). */
export function keyPackageSignatures({ leafNode, signedPart, signature }: KeyPackage): SignatureCheck[] {
  const data = signedContent(keyPackageLabel, signedPart);
  return [leafSignature(leafNode, noPosition), { publicKey: leafNode.signatureKey, data, signature }];
}

/** Whether it may be used now (RFC 9420 §7.3). Asked by who adds; members would disagree if their clocks did. */
export function assertWithinLifetime({ leafNode: { source } }: KeyPackage, now: bigint): void {
  must(
    source.type === leafNodeSources.keyPackage && source.lifetime.notBefore <= now && now <= source.lifetime.notAfter,
    'key_package_lifetime',
  );
}
