import { describe, expect, it } from 'vitest';
import { decode } from '../../src/codec/reader.ts';
import { encode } from '../../src/codec/writer.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { proposalTypes } from '../../src/messages/numbers.ts';
import { type Proposal, readProposal } from '../../src/messages/proposal.ts';
import { readTree, writeTree } from '../../src/tree/encode-tree.ts';
import { addLeaf, type RatchetTree, removeLeaf, updateLeaf } from '../../src/tree/ratchet-tree.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly tree_before: string;
  readonly proposal: string;
  readonly proposal_sender: number;
  readonly tree_hash_before: string;
  readonly tree_after: string;
  readonly tree_hash_after: string;
}

function applied(tree: RatchetTree, proposal: Proposal, sender: number): RatchetTree {
  switch (proposal.type) {
    case proposalTypes.add:
      return addLeaf(tree, proposal.keyPackage.leafNode).tree;
    case proposalTypes.update:
      return updateLeaf(tree, sender, proposal.leafNode);
    case proposalTypes.remove:
      return removeLeaf(tree, proposal.removed);
    default:
      throw new Error('not a proposal about the tree');
  }
}

describe('tree-operations', () => {
  it.each(loadVectors<Vector>('tree-operations.json'))('case %i', (_, vector) => {
    const { hash } = cipherSuite(vector.cipher_suite);
    const before = decode(fromHex(vector.tree_before), readTree);
    expect(toHex(treeHash(hash, before.root))).toBe(vector.tree_hash_before);
    const proposal = decode(fromHex(vector.proposal), readProposal);
    const after = applied(before, proposal, vector.proposal_sender);
    expect(toHex(encode(after, writeTree))).toBe(vector.tree_after);
    expect(toHex(treeHash(hash, after.root))).toBe(vector.tree_hash_after);
    // What the change was made from is as it was.
    expect(toHex(encode(before, writeTree))).toBe(vector.tree_before);
  });
});
