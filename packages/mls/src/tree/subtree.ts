import type { Bytes } from '../codec/bytes.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import { nodeOfSubtree } from './tree-math.ts';

/** ParentNode of RFC 9420 §7.1. */
export interface ParentNode {
  readonly encryptionKey: Bytes;
  readonly parentHash: Bytes;
  /** Leaf indices, ascending. */
  readonly unmergedLeaves: readonly number[];
}

/** Whether an ascending list of leaves has this one: by halving, since a tree from outside may have long lists at many nodes. */
export function listsLeaf(ascending: readonly number[], leafIndex: number): boolean {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < leafIndex) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === leafIndex;
}

/**
 * A leaf of the tree, blank or not. Subtrees are never changed: a change makes new nodes from the leaf to the root and shares all
 * others, so that what was computed of a subtree (its hash, its summary) stays with it, and two trees differ just where their
 * nodes are not the same objects.
 */
export interface LeafSlot {
  readonly height: 0;
  readonly firstLeaf: number;
  /** How many leaves are not blank. */
  readonly occupied: number;
  readonly leaf: LeafNode | undefined;
  /** Filled when it is first asked for (RFC 9420 §7.8). */
  treeHash: Bytes | undefined;
  credentials: CredentialSummary | undefined;
}

/** An inner node, blank or not, with all below it. `height` is at least 1; both children have one less. */
export interface Branch {
  readonly height: number;
  readonly firstLeaf: number;
  readonly occupied: number;
  readonly parent: ParentNode | undefined;
  readonly left: Subtree;
  readonly right: Subtree;
  treeHash: Bytes | undefined;
  credentials: CredentialSummary | undefined;
}

export type Subtree = LeafSlot | Branch;

/** Which credential types the leaves below use, and which all of them support (RFC 9420 §7.3). Ascending. */
export interface CredentialSummary {
  readonly used: readonly number[];
  /** `undefined` where there is no leaf. */
  readonly supported: readonly number[] | undefined;
}

export function isBranch(subtree: Subtree): subtree is Branch {
  return subtree.height > 0;
}

export function leafSlot(firstLeaf: number, leaf: LeafNode | undefined): LeafSlot {
  const occupied = leaf === undefined ? 0 : 1;
  return { height: 0, firstLeaf, occupied, leaf, treeHash: undefined, credentials: undefined };
}

export function branch(parent: ParentNode | undefined, left: Subtree, right: Subtree): Branch {
  return {
    height: left.height + 1,
    firstLeaf: left.firstLeaf,
    occupied: left.occupied + right.occupied,
    parent,
    left,
    right,
    treeHash: undefined,
    credentials: undefined,
  };
}

export function blankSubtree(firstLeaf: number, height: number): Subtree {
  if (height === 0) return leafSlot(firstLeaf, undefined);
  const half = 2 ** (height - 1);
  return branch(undefined, blankSubtree(firstLeaf, height - 1), blankSubtree(firstLeaf + half, height - 1));
}

export function leafCapacity(subtree: Subtree): number {
  return 2 ** subtree.height;
}

export function containsLeaf(subtree: Subtree, leafIndex: number): boolean {
  return leafIndex >= subtree.firstLeaf && leafIndex < subtree.firstLeaf + leafCapacity(subtree);
}

export function nodeIndexOf(subtree: Subtree): number {
  return nodeOfSubtree(subtree.firstLeaf, subtree.height);
}

/** The HPKE key of a node; `undefined` where it is blank. */
export function encryptionKeyOf(subtree: Subtree): Bytes | undefined {
  return isBranch(subtree) ? subtree.parent?.encryptionKey : subtree.leaf?.encryptionKey;
}

/** The slot of a leaf that `subtree` contains. */
export function slotAt(subtree: Subtree, leafIndex: number): LeafSlot {
  let at = subtree;
  while (isBranch(at)) at = leafIndex < at.right.firstLeaf ? at.left : at.right;
  return at;
}

export type OccupiedSlot = LeafSlot & { readonly leaf: LeafNode };
export type OccupiedBranch = Branch & { readonly parent: ParentNode };

/** All leaves that are not blank, in order. */
export function occupiedSlots(subtree: Subtree): OccupiedSlot[] {
  const found: OccupiedSlot[] = [];
  const visit = (at: Subtree) => {
    if (at.occupied === 0) return;
    if (isBranch(at)) {
      visit(at.left);
      visit(at.right);
    } else found.push(at as OccupiedSlot);
  };
  visit(subtree);
  return found;
}

/** All inner nodes that are not blank, in order. */
export function occupiedBranches(subtree: Subtree): OccupiedBranch[] {
  const found: OccupiedBranch[] = [];
  const visit = (at: Subtree) => {
    if (!isBranch(at)) return;
    visit(at.left);
    if (at.parent !== undefined) found.push(at as OccupiedBranch);
    visit(at.right);
  };
  visit(subtree);
  return found;
}
