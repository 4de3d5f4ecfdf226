import { containsLeaf, isBranch, type Subtree, slotAt } from './subtree.ts';

/** The resolution of a node (RFC 9420 §4.1.1): the nodes that together have a key for every member below it. */
export function resolution(subtree: Subtree): Subtree[] {
  const found: Subtree[] = [];
  collect(subtree, found);
  return found;
}

function collect(subtree: Subtree, found: Subtree[]): void {
  if (!isBranch(subtree)) {
    if (subtree.leaf !== undefined) found.push(subtree);
    return;
  }
  if (subtree.parent === undefined) {
    collect(subtree.left, found);
    collect(subtree.right, found);
    return;
  }
  found.push(subtree);
  for (const leafIndex of subtree.parent.unmergedLeaves) {
    // A tree from outside may list leaves that are not there; `validateTree` refuses it later.
    if (!containsLeaf(subtree, leafIndex)) continue;
    const slot = slotAt(subtree, leafIndex);
    if (slot.leaf !== undefined) found.push(slot);
  }
}

/** Whether the resolution is empty, without building it. */
export function resolvesToNothing(subtree: Subtree): boolean {
  if (!isBranch(subtree)) return subtree.leaf === undefined;
  if (subtree.parent !== undefined) return false;
  return subtree.occupied === 0 || (resolvesToNothing(subtree.left) && resolvesToNothing(subtree.right));
}
