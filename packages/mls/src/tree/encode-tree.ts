import type { Bytes } from '../codec/bytes.ts';
import { decode, type Reader } from '../codec/reader.ts';
import { opaqueBytes, Writer } from '../codec/writer.ts';
import { broken, MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Extension } from '../messages/extension.ts';
import { type LeafNode, readLeafNode, writeLeafNode } from '../messages/leaf-node.ts';
import { extensionTypes } from '../messages/numbers.ts';
import { type RatchetTree, treeOf } from './ratchet-tree.ts';
import { branch, isBranch, leafSlot, type ParentNode, type Subtree } from './subtree.ts';

const nodeTypes = { leaf: 1, parent: 2 } as const;

/** A node that is not blank. */
export type TreeNode = LeafNode | ParentNode;

function isLeafNode(node: TreeNode): node is LeafNode {
  return 'signedPart' in node;
}

const readLeafIndex = (reader: Reader) => reader.uint32();
const writeLeafIndex = (writer: Writer, leafIndex: number) => void writer.uint32(leafIndex);

/** ParentNode of RFC 9420 §7.1. */
export function readParentNode(reader: Reader): ParentNode {
  return { encryptionKey: reader.opaque(), parentHash: reader.opaque(), unmergedLeaves: reader.vector(readLeafIndex) };
}

/** ParentNode of RFC 9420 §7.1. */
export function writeParentNode(writer: Writer, { encryptionKey, parentHash, unmergedLeaves }: ParentNode): void {
  writer.opaque(encryptionKey).opaque(parentHash).vector(unmergedLeaves, writeLeafIndex);
}

function readNode(reader: Reader): TreeNode {
  switch (reader.uint8()) {
    case nodeTypes.leaf:
      return readLeafNode(reader);
    case nodeTypes.parent:
      return readParentNode(reader);
    default:
      throw new MlsError('malformed', 'a tree node of unknown type');
  }
}

function built(nodes: readonly (TreeNode | undefined)[], firstLeaf: number, height: number): Subtree {
  const index = 2 * firstLeaf + 2 ** height - 1;
  const node = nodes[index];
  if (height === 0) {
    if (node !== undefined && !isLeafNode(node)) throw broken('tree_node_type');
    return leafSlot(firstLeaf, node);
  }
  if (node !== undefined && isLeafNode(node)) throw broken('tree_node_type');
  const half = 2 ** (height - 1);
  return branch(node, built(nodes, firstLeaf, height - 1), built(nodes, firstLeaf + half, height - 1));
}

/** The `ratchet_tree` extension of RFC 9420 §12.4.3.3. Checks its form only: see `validateTree`. */
export function readTree(reader: Reader): RatchetTree {
  const nodes = reader.vector((item) => item.optional(readNode));
  if (nodes.length === 0) throw broken('tree_empty');
  if (nodes.at(-1) === undefined) throw broken('tree_trailing_blank');
  let height = 0;
  while (2 ** (height + 1) - 1 < nodes.length) height += 1;
  if (2 ** height > limits.leaves) throw new MlsError('malformed', 'the tree is too large');
  return treeOf(built(nodes, 0, height));
}

/** The nodes of the extension: in order, without the blank ones at the end. */
export function treeNodes({ root }: RatchetTree): (TreeNode | undefined)[] {
  const nodes: (TreeNode | undefined)[] = [];
  const visit = (at: Subtree) => {
    if (isBranch(at)) {
      visit(at.left);
      nodes.push(at.parent);
      visit(at.right);
    } else nodes.push(at.leaf);
  };
  visit(root);
  nodes.length = nodes.findLastIndex((node) => node !== undefined) + 1;
  return nodes;
}

/** `optional<Node>` of the extension. */
export function writeOptionalNode(writer: Writer, node: TreeNode | undefined): void {
  if (node === undefined) writer.uint8(0);
  else if (isLeafNode(node)) writeLeafNode(writer.uint8(1).uint8(nodeTypes.leaf), node);
  else writeParentNode(writer.uint8(1).uint8(nodeTypes.parent), node);
}

export function writeTree(writer: Writer, tree: RatchetTree): void {
  writer.vector(treeNodes(tree), writeOptionalNode);
}

/** How long a node's encoding is, without encoding it. */
export function nodeLength(node: TreeNode | undefined): number {
  if (node === undefined) return 1;
  if (isLeafNode(node)) return 2 + node.bytes.length;
  const { encryptionKey, parentHash, unmergedLeaves } = node;
  return (
    2 + opaqueBytes(encryptionKey.length) + opaqueBytes(parentHash.length) + opaqueBytes(4 * unmergedLeaves.length)
  );
}

export function ratchetTreeExtension(tree: RatchetTree): Extension {
  const nodes = treeNodes(tree);
  const length = nodes.reduce((sum, node) => sum + nodeLength(node), 0);
  const writer = new Writer(opaqueBytes(length)).length(length);
  for (const node of nodes) writeOptionalNode(writer, node);
  return { type: extensionTypes.ratchetTree, data: writer.finish() };
}

export function decodeTree(bytes: Bytes): RatchetTree {
  return decode(bytes, readTree);
}
