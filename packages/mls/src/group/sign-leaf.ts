import type { Bytes } from '../codec/bytes.ts';
import { signWithLabel } from '../crypto/labels.ts';
import {
  encodeLeafNodeContent,
  type LeafNode,
  type LeafNodeSource,
  type LeafPosition,
  leafNodeToBeSigned,
  makeLeafNode,
} from '../messages/leaf-node.ts';
import type { MlsClient } from './client.ts';
import { leafSignatureLabel } from './validate-leaf.ts';

/** A leaf node of this client with a new key (RFC 9420 §7.2). */
export async function signLeafNode(
  { suite, signer, credential, capabilities, leafExtensions }: MlsClient,
  encryptionKey: Bytes,
  source: LeafNodeSource,
  position: LeafPosition,
): Promise<LeafNode> {
  const content = {
    encryptionKey,
    signatureKey: signer.publicKey,
    credential,
    capabilities,
    source,
    extensions: leafExtensions,
  };
  const signedPart = encodeLeafNodeContent(content);
  const signed = leafNodeToBeSigned(source.type, signedPart, position);
  const signature = await signWithLabel(suite, signer.privateKey, leafSignatureLabel, signed);
  return makeLeafNode(content, signedPart, signature);
}
