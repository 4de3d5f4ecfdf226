import { type Bytes, equalBytes, noBytes } from '../codec/bytes.ts';
import { Writer } from '../codec/writer.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import { leafNodeSources } from '../messages/numbers.ts';
import { resolution } from './resolution.ts';
import {
  type Branch,
  containsLeaf,
  isBranch,
  listsLeaf,
  occupiedBranches,
  type ParentNode,
  type Subtree,
} from './subtree.ts';
import { originalTreeHash } from './tree-hash.ts';

const scratch = new Writer(128);

/** ParentHash of RFC 9420 §7.9: what the next node below `parent` that is not blank carries. `sibling` is the child on the other side. */
export function parentHash(hash: Hash, parent: ParentNode, sibling: Subtree): Bytes {
  const siblingHash = originalTreeHash(hash, sibling, parent.unmergedLeaves);
  const writer = scratch.restart().opaque(parent.encryptionKey).opaque(parent.parentHash).opaque(siblingHash);
  return hash.digest(writer.written());
}

/** The `parent_hash` field of a node; a leaf has one only if a commit set it. */
function parentHashField(node: Subtree): Bytes | undefined {
  if (isBranch(node)) return node.parent?.parentHash;
  if (node.leaf?.source.type !== leafNodeSources.commit) return undefined;
  return node.leaf.source.parentHash;
}

/** Whether one node of `child`'s resolution carries P's hash, and all others of it are leaves that P lists as unmerged. */
function linkedThrough(hash: Hash, parent: ParentNode, child: Subtree, sibling: Subtree): boolean {
  const unmerged = parent.unmergedLeaves.filter((leafIndex) => containsLeaf(child, leafIndex));
  const nodes = resolution(child);
  if (nodes.length !== unmerged.length + 1) return false;
  const others = nodes.filter((node) => isBranch(node) || !listsLeaf(unmerged, node.firstLeaf));
  const [linked] = others;
  if (others.length !== 1 || linked === undefined) return false;
  const field = parentHashField(linked);
  return field !== undefined && equalBytes(field, parentHash(hash, parent, sibling));
}

/** Whether a node is parent-hash valid (RFC 9420 §7.9.2). */
function isParentHashValid(hash: Hash, { parent, left, right }: Branch & { readonly parent: ParentNode }): boolean {
  return linkedThrough(hash, parent, left, right) || linkedThrough(hash, parent, right, left);
}

/** Whether all nodes of a tree are parent-hash valid: what a joiner checks (RFC 9420 §7.9.2). */
export function parentHashesAreValid(hash: Hash, root: Subtree): boolean {
  for (const node of occupiedBranches(root)) if (!isParentHashValid(hash, node)) return false;
  return true;
}

/** The parent hash of the root, and of leaves that stand alone (RFC 9420 §7.9). */
export const noParentHash = noBytes;
