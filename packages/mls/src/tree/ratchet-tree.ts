import type { Bytes } from '../codec/bytes.ts';
import type { Credential } from '../messages/credential.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import { type ByteMap, byteMapDelete, byteMapGet, byteMapOf, byteMapSet } from './byte-map.ts';
import {
  type Branch,
  blankSubtree,
  branch,
  containsLeaf,
  encryptionKeyOf,
  isBranch,
  leafCapacity,
  leafSlot,
  nodeIndexOf,
  occupiedBranches,
  occupiedSlots,
  type ParentNode,
  type Subtree,
  slotAt,
} from './subtree.ts';

/**
 * The public state of a ratchet tree (RFC 9420 §7). Never changed: every function returns another one that shares all it can, so a
 * change of one leaf costs time and memory of the tree's height.
 */
export interface RatchetTree {
  readonly root: Subtree;
  /** Every HPKE key in the tree, with the number of the node that has it (RFC 9420 §12.4.3.1 asks them to be unique). */
  readonly encryptionKeys: ByteMap<number>;
  /** Every signature key in the tree, with its leaf index. */
  readonly signatureKeys: ByteMap<number>;
  /** The content of every credential in the tree, with the number of leaves that present it. */
  readonly credentials: ByteMap<number>;
}

/** A tree with its keys indexed. Later nodes win where keys repeat; `validateTree` refuses such trees. */
export function treeOf(root: Subtree): RatchetTree {
  const slots = occupiedSlots(root);
  const branches = occupiedBranches(root);
  return {
    root,
    encryptionKeys: byteMapOf([
      ...slots.map((slot) => [slot.leaf.encryptionKey, nodeIndexOf(slot)] as const),
      ...branches.map((at) => [at.parent.encryptionKey, nodeIndexOf(at)] as const),
    ]),
    signatureKeys: byteMapOf(slots.map((slot) => [slot.leaf.signatureKey, slot.firstLeaf] as const)),
    credentials: byteMapOf<number>(
      slots.map((slot) => [slot.leaf.credential.content, 1] as const),
      (a, b) => a + b,
    ),
  };
}

export function leafAt({ root }: RatchetTree, leafIndex: number): LeafNode | undefined {
  return containsLeaf(root, leafIndex) ? slotAt(root, leafIndex).leaf : undefined;
}

/** One step of a direct path: an ancestor of the leaf, and its child on the other side (RFC 9420 §4.1.1). */
export interface PathStep {
  readonly node: Branch;
  readonly copath: Subtree;
}

/** The direct path of a leaf with its copath, from the leaf's parent to the root. */
export function directPath({ root }: RatchetTree, leafIndex: number): PathStep[] {
  const steps: PathStep[] = [];
  let at = root;
  while (isBranch(at)) {
    const goLeft = leafIndex < at.right.firstLeaf;
    steps.push({ node: at, copath: goLeft ? at.right : at.left });
    at = goLeft ? at.left : at.right;
  }
  return steps.reverse();
}

/** What becomes of the nodes above a leaf. */
type ChangeParent = (node: Branch) => ParentNode | undefined;

function rebuilt(at: Subtree, leafIndex: number, leaf: LeafNode | undefined, change: ChangeParent): Subtree {
  if (!isBranch(at)) return leafSlot(leafIndex, leaf);
  const parent = change(at);
  return leafIndex < at.right.firstLeaf
    ? branch(parent, rebuilt(at.left, leafIndex, leaf, change), at.right)
    : branch(parent, at.left, rebuilt(at.right, leafIndex, leaf, change));
}

function reindexed<V>(map: ByteMap<V>, before: Bytes | undefined, after: Bytes | undefined, value: V): ByteMap<V> {
  if (before === after) return map;
  const cleared = before === undefined ? map : byteMapDelete(map, before);
  return after === undefined ? cleared : byteMapSet(cleared, after, value);
}

function counted(credentials: ByteMap<number>, { credential: { content } }: LeafNode, change: number): ByteMap<number> {
  const count = (byteMapGet(credentials, content) ?? 0) + change;
  return count === 0 ? byteMapDelete(credentials, content) : byteMapSet(credentials, content, count);
}

/** Sets one leaf and all its ancestors. */
export function withPath(
  tree: RatchetTree,
  leafIndex: number,
  leaf: LeafNode | undefined,
  change: ChangeParent,
): RatchetTree {
  let { encryptionKeys } = tree;
  const slot = slotAt(tree.root, leafIndex);
  const root = rebuilt(tree.root, leafIndex, leaf, (node) => {
    const parent = change(node);
    encryptionKeys = reindexed(encryptionKeys, encryptionKeyOf(node), parent?.encryptionKey, nodeIndexOf(node));
    return parent;
  });
  encryptionKeys = reindexed(encryptionKeys, encryptionKeyOf(slot), leaf?.encryptionKey, nodeIndexOf(slot));
  const signatureKeys = reindexed(tree.signatureKeys, slot.leaf?.signatureKey, leaf?.signatureKey, leafIndex);
  const without = slot.leaf === undefined ? tree.credentials : counted(tree.credentials, slot.leaf, -1);
  const credentials = leaf === undefined ? without : counted(without, leaf, 1);
  return { root, encryptionKeys, signatureKeys, credentials };
}

const blank: ChangeParent = () => undefined;

/** The leftmost blank leaf, where the next member goes; past the end when there is none (RFC 9420 §7.7). */
export function nextLeafIndex({ root }: RatchetTree): number {
  if (root.occupied === leafCapacity(root)) return leafCapacity(root);
  let at = root;
  while (isBranch(at)) at = at.left.occupied < leafCapacity(at.left) ? at.left : at.right;
  return at.firstLeaf;
}

/** Extends the tree by one level if there is no blank leaf (RFC 9420 §7.7). */
export function extended(tree: RatchetTree): RatchetTree {
  const { root } = tree;
  if (root.occupied < leafCapacity(root)) return tree;
  return { ...tree, root: branch(undefined, root, blankSubtree(leafCapacity(root), root.height)) };
}

/** Drops right halves without members, until there are none (RFC 9420 §7.7). */
export function truncated(tree: RatchetTree): RatchetTree {
  let { root } = tree;
  while (isBranch(root) && root.right.occupied === 0) root = root.left;
  return root === tree.root ? tree : { ...tree, root };
}

/** Applies an Add (RFC 9420 §12.1.1): the leaf is unmerged at every ancestor that is not blank. */
export function addLeaf(tree: RatchetTree, leaf: LeafNode): { tree: RatchetTree; leafIndex: number } {
  const room = extended(tree);
  const leafIndex = nextLeafIndex(room);
  const added = withPath(room, leafIndex, leaf, ({ parent }) => {
    if (parent === undefined) return undefined;
    const unmergedLeaves = [...parent.unmergedLeaves, leafIndex].sort((a, b) => a - b);
    return { ...parent, unmergedLeaves };
  });
  return { tree: added, leafIndex };
}

/** Applies an Update (RFC 9420 §12.1.2). */
export function updateLeaf(tree: RatchetTree, leafIndex: number, leaf: LeafNode): RatchetTree {
  return withPath(tree, leafIndex, leaf, blank);
}

/** Applies a Remove (RFC 9420 §12.1.3). */
export function removeLeaf(tree: RatchetTree, leafIndex: number): RatchetTree {
  return truncated(withPath(tree, leafIndex, undefined, blank));
}

export function memberCount({ root }: RatchetTree): number {
  return root.occupied;
}

export function hasEncryptionKey(tree: RatchetTree, key: Bytes): boolean {
  return byteMapGet(tree.encryptionKeys, key) !== undefined;
}

export function leafWithSignatureKey(tree: RatchetTree, key: Bytes): number | undefined {
  return byteMapGet(tree.signatureKeys, key);
}

/** How many leaves present a credential with this content. */
export function leavesWithCredential(tree: RatchetTree, { content }: Credential): number {
  return byteMapGet(tree.credentials, content) ?? 0;
}

/** The subtree at a node number; `undefined` when the tree has no such node. */
export function subtreeAt({ root }: RatchetTree, node: number): Subtree | undefined {
  let at = root;
  for (;;) {
    const index = nodeIndexOf(at);
    if (index === node) return at;
    if (!isBranch(at)) return undefined;
    at = node < index ? at.left : at.right;
  }
}
