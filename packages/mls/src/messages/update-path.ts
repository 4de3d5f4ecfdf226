import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { HpkeCiphertext } from '../crypto/hpke.ts';
import { type LeafNode, readLeafNode, writeLeafNode } from './leaf-node.ts';

/** UpdatePathNode of RFC 9420 §7.6. */
export interface UpdatePathNode {
  readonly encryptionKey: Bytes;
  /** The path secret, once for each node in the resolution of the copath child. */
  readonly encryptedPathSecret: readonly HpkeCiphertext[];
}

/** UpdatePath of RFC 9420 §7.6: one node for each of the filtered direct path, from the leaf's side to the root. */
export interface UpdatePath {
  readonly leafNode: LeafNode;
  readonly nodes: readonly UpdatePathNode[];
}

export function readHpkeCiphertext(reader: Reader): HpkeCiphertext {
  return { kemOutput: reader.opaque(), ciphertext: reader.opaque() };
}

export function writeHpkeCiphertext(writer: Writer, { kemOutput, ciphertext }: HpkeCiphertext): void {
  writer.opaque(kemOutput).opaque(ciphertext);
}

function readUpdatePathNode(reader: Reader): UpdatePathNode {
  return { encryptionKey: reader.opaque(), encryptedPathSecret: reader.vector(readHpkeCiphertext) };
}

function writeUpdatePathNode(writer: Writer, node: UpdatePathNode): void {
  writer.opaque(node.encryptionKey).vector(node.encryptedPathSecret, writeHpkeCiphertext);
}

export function readUpdatePath(reader: Reader): UpdatePath {
  return { leafNode: readLeafNode(reader), nodes: reader.vector(readUpdatePathNode) };
}

export function writeUpdatePath(writer: Writer, { leafNode, nodes }: UpdatePath): void {
  writeLeafNode(writer, leafNode);
  writer.vector(nodes, writeUpdatePathNode);
}
