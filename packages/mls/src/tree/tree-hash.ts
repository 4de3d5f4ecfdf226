import type { Bytes } from '../codec/bytes.ts';
import { Writer } from '../codec/writer.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import { type LeafNode, writeLeafNode } from '../messages/leaf-node.ts';
import { writeParentNode } from './encode-tree.ts';
import { type Branch, containsLeaf, isBranch, listsLeaf, type ParentNode, type Subtree } from './subtree.ts';

const nodeTypes = { leaf: 1, parent: 2 } as const;

/** One for all nodes: a tree of thousands is hashed at once when one joins. Nothing in it is secret. */
const scratch = new Writer(1024);

function leafHash(hash: Hash, leafIndex: number, leaf: LeafNode | undefined): Bytes {
  const writer = scratch.restart().uint8(nodeTypes.leaf).uint32(leafIndex);
  return hash.digest(writer.optional(leaf, writeLeafNode).written());
}

function branchHash(hash: Hash, parent: ParentNode | undefined, left: Bytes, right: Bytes): Bytes {
  const writer = scratch.restart().uint8(nodeTypes.parent).optional(parent, writeParentNode);
  return hash.digest(writer.opaque(left).opaque(right).written());
}

/** The tree hash of RFC 9420 §7.8, computed once per subtree. */
export function treeHash(hash: Hash, subtree: Subtree): Bytes {
  if (subtree.treeHash === undefined) {
    subtree.treeHash = isBranch(subtree)
      ? branchHash(hash, subtree.parent, treeHash(hash, subtree.left), treeHash(hash, subtree.right))
      : leafHash(hash, subtree.firstLeaf, subtree.leaf);
  }
  return subtree.treeHash;
}

function originalBranchHash(hash: Hash, at: Branch, added: readonly number[]): Bytes {
  const parent = at.parent && {
    ...at.parent,
    unmergedLeaves: at.parent.unmergedLeaves.filter((leafIndex) => !listsLeaf(added, leafIndex)),
  };
  return branchHash(hash, parent, originalTreeHash(hash, at.left, added), originalTreeHash(hash, at.right, added));
}

/**
 * The tree hash that the subtree had before `added` leaves (ascending) came: they are blank and in no list of unmerged leaves (the
 * `original_sibling_tree_hash` of RFC 9420 §7.9). Only the ways to those leaves are hashed again.
 */
export function originalTreeHash(hash: Hash, subtree: Subtree, added: readonly number[]): Bytes {
  const within = added.filter((leafIndex) => containsLeaf(subtree, leafIndex));
  if (within.length === 0) return treeHash(hash, subtree);
  return isBranch(subtree) ? originalBranchHash(hash, subtree, within) : leafHash(hash, subtree.firstLeaf, undefined);
}
