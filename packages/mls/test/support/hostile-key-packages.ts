import type { Bytes } from '../../src/codec/bytes.ts';
import { signWithLabel } from '../../src/crypto/labels.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import type { MlsClient } from '../../src/group/client.ts';
import type { OwnedKeyPackage } from '../../src/group/key-package.ts';
import { signLeafNode } from '../../src/group/sign-leaf.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { encodeKeyPackageContent, makeKeyPackage } from '../../src/messages/key-package.ts';
import { type LeafNodeSource, noPosition } from '../../src/messages/leaf-node.ts';
import { leafNodeSources, mls10, proposalTypes } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';

export interface KeyPackageEdit {
  readonly version?: number;
  readonly cipherSuite?: number;
  readonly initKey?: Bytes;
  readonly leafKey?: Bytes;
  readonly source?: LeafNodeSource;
  readonly extensions?: readonly Extension[];
  /** Whose leaf it is, where not the signer's of the key package. */
  readonly leafClient?: MlsClient;
}

/** A key package that is valid but for the edit. */
export async function forgedKeyPackage(client: MlsClient, edit: KeyPackageEdit = {}): Promise<OwnedKeyPackage> {
  const initKeys = await suite1.kem.generateKeyPair();
  const leafKeys = await suite1.kem.generateKeyPair();
  const now = client.now();
  const source = edit.source ?? {
    type: leafNodeSources.keyPackage,
    lifetime: { notBefore: now - 60n, notAfter: now + 60n },
  };
  const leafKey = edit.leafKey ?? leafKeys.publicKey;
  const leafNode = await signLeafNode(edit.leafClient ?? client, leafKey, source, noPosition);
  const content = {
    version: edit.version ?? mls10,
    cipherSuite: edit.cipherSuite ?? suite1.id,
    initKey: edit.initKey ?? initKeys.publicKey,
    leafNode,
    extensions: edit.extensions ?? [],
  };
  const signedPart = encodeKeyPackageContent(content);
  const signature = await signWithLabel(suite1, client.signer.privateKey, 'KeyPackageTBS', signedPart);
  return { keyPackage: makeKeyPackage(content, signedPart, signature), initKeys, leafKeys };
}

export async function forgedAdd(client: MlsClient, edit?: KeyPackageEdit): Promise<Proposal> {
  const { keyPackage } = await forgedKeyPackage(client, edit);
  return { type: proposalTypes.add, keyPackage };
}
