import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { signedContent } from '../crypto/labels.ts';
import { must } from '../errors.ts';
import { type Extension, extensionTypesAreUnique, type RequiredCapabilities } from '../messages/extension.ts';
import { type LeafNode, type LeafNodeSource, type LeafPosition, leafNodeToBeSigned } from '../messages/leaf-node.ts';
import { extensionTypes, mls10, proposalTypes } from '../messages/numbers.ts';
import type { SignatureCheck } from './verify-signatures.ts';

/** Types of RFC 9420 itself are understood by everyone and are not listed (RFC 9420 §7.2). */
const standardExtensions = new Set<number>(Object.values(extensionTypes));
const standardProposals = new Set<number>(Object.values(proposalTypes));

export const leafSignatureLabel = 'LeafNodeTBS';

function understandsExtension({ capabilities }: LeafNode, type: number): boolean {
  return standardExtensions.has(type) || capabilities.extensions.includes(type);
}

/** Whether a member has what the group asks of everyone (RFC 9420 §7.3, §11.1). */
export function hasRequiredCapabilities(leaf: LeafNode, required: RequiredCapabilities): boolean {
  const { proposals, credentials } = leaf.capabilities;
  return (
    required.extensions.every((type) => understandsExtension(leaf, type)) &&
    required.proposals.every((type) => standardProposals.has(type) || proposals.includes(type)) &&
    required.credentials.every((type) => credentials.includes(type))
  );
}

/** Whether a member understands every extension of a group context (RFC 9420 §12.1.7). */
export function understandsExtensions(leaf: LeafNode, extensions: readonly Extension[]): boolean {
  return extensions.every(({ type }) => understandsExtension(leaf, type));
}

/** The rules of RFC 9420 §7.3 for one leaf that need neither a signature nor its neighbours. */
export function assertLeafForm(
  suite: CipherSuite,
  leaf: LeafNode,
  required: RequiredCapabilities,
  source?: LeafNodeSource['type'],
): void {
  const { capabilities, credential, extensions, encryptionKey } = leaf;
  must(source === undefined || leaf.source.type === source, 'leaf_source');
  must(capabilities.versions.includes(mls10), 'leaf_version');
  must(capabilities.cipherSuites.includes(suite.id), 'leaf_cipher_suite');
  must(capabilities.credentials.includes(credential.type), 'leaf_credential_type');
  must(extensionTypesAreUnique(extensions), 'extension_repeated');
  must(understandsExtensions(leaf, extensions), 'leaf_extension');
  must(hasRequiredCapabilities(leaf, required), 'leaf_required_capabilities');
  must(suite.kem.isPublicKey(encryptionKey), 'leaf_encryption_key');
}

/** The leaf's signature, to be checked (RFC 9420 §7.3). */
export function leafSignature(leaf: LeafNode, position: LeafPosition): SignatureCheck {
  const signed = leafNodeToBeSigned(leaf.source.type, leaf.signedPart, position);
  return {
    publicKey: leaf.signatureKey,
    data: signedContent(leafSignatureLabel, signed),
    signature: leaf.signature,
  };
}
