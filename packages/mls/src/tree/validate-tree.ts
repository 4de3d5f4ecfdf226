import type { Hash } from '../crypto/cipher-suite.ts';
import { must } from '../errors.ts';
import { credentialsAreUnderstood } from './credential-summary.ts';
import { parentHashesAreValid } from './parent-hash.ts';
import type { RatchetTree } from './ratchet-tree.ts';
import {
  type Branch,
  containsLeaf,
  isBranch,
  listsLeaf,
  type OccupiedBranch,
  occupiedBranches,
  type Subtree,
} from './subtree.ts';

/** Whether every node between `top` and an unmerged leaf of it is blank or lists the leaf too (RFC 9420 §12.4.3.1). */
function isListedBetween(top: Branch, leafIndex: number): boolean {
  let at: Subtree = leafIndex < top.right.firstLeaf ? top.left : top.right;
  while (isBranch(at)) {
    if (at.parent !== undefined && !listsLeaf(at.parent.unmergedLeaves, leafIndex)) return false;
    at = leafIndex < at.right.firstLeaf ? at.left : at.right;
  }
  return at.leaf !== undefined;
}

/** The lists in themselves: what follows relies on their order. */
function assertListForm({ parent: { unmergedLeaves } }: OccupiedBranch): void {
  must(
    unmergedLeaves.every((leafIndex, i) => i === 0 || leafIndex > (unmergedLeaves[i - 1] as number)),
    'unmerged_not_ascending',
  );
}

function assertUnmergedLeaves(node: OccupiedBranch): void {
  for (const leafIndex of node.parent.unmergedLeaves) {
    must(containsLeaf(node, leafIndex), 'unmerged_not_below');
    must(isListedBetween(node, leafIndex), 'unmerged_not_listed_between');
  }
}

/**
 * The structure of a tree from outside (RFC 9420 §7.9.2, §12.4.3.1): parent hashes, unmerged leaves, keys that occur once. That
 * its hash is the group context's, and that its leaves are signed and vouched for, is checked by those who know the group.
 */
export function validateTree(hash: Hash, { root, encryptionKeys, signatureKeys }: RatchetTree): void {
  const branches = occupiedBranches(root);
  must(signatureKeys.size === root.occupied, 'signature_key_repeated');
  must(encryptionKeys.size === root.occupied + branches.length, 'encryption_key_repeated');
  for (const node of branches) assertListForm(node);
  for (const node of branches) assertUnmergedLeaves(node);
  must(parentHashesAreValid(hash, root), 'parent_hash_invalid');
  must(credentialsAreUnderstood(root), 'credential_not_understood');
}
