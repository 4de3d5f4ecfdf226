import { describe, expect, it } from 'vitest';
import { decode } from '../../src/codec/reader.ts';
import { encode } from '../../src/codec/writer.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { leafSignature } from '../../src/group/validate-leaf.ts';
import { verifyHere } from '../../src/group/verify-signatures.ts';
import { readTree, writeTree } from '../../src/tree/encode-tree.ts';
import { parentHashesAreValid } from '../../src/tree/parent-hash.ts';
import { subtreeAt, treeOf } from '../../src/tree/ratchet-tree.ts';
import { resolution } from '../../src/tree/resolution.ts';
import { branch, isBranch, nodeIndexOf, occupiedSlots } from '../../src/tree/subtree.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';
import { validateTree } from '../../src/tree/validate-tree.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly tree: string;
  readonly group_id: string;
  readonly resolutions: number[][];
  readonly tree_hashes: string[];
}

describe.each(loadVectors<Vector>('tree-validation.json'))('tree-validation case %i', (_, vector) => {
  const suite = cipherSuite(vector.cipher_suite);
  const tree = decode(fromHex(vector.tree), readTree);

  function subtree(node: number) {
    const found = subtreeAt(tree, node);
    if (found === undefined) throw new Error('no such node');
    return found;
  }

  it('encodes to the same bytes', () => {
    expect(toHex(encode(tree, writeTree))).toBe(vector.tree);
  });

  it('resolutions', () => {
    const found = vector.resolutions.map((_, node) => resolution(subtree(node)).map(nodeIndexOf));
    expect(found).toEqual(vector.resolutions);
  });

  it('tree hashes', () => {
    const found = vector.tree_hashes.map((_, node) => toHex(treeHash(suite.hash, subtree(node))));
    expect(found).toEqual(vector.tree_hashes);
    expect(subtreeAt(tree, vector.tree_hashes.length)).toBeUndefined();
  });

  it('parent hashes and structure', () => {
    expect(parentHashesAreValid(suite.hash, tree.root)).toBe(true);
    validateTree(suite.hash, tree);
  });

  it('another key at the root breaks the parent hashes', () => {
    const { root } = tree;
    if (!isBranch(root) || root.parent === undefined) return;
    const changed = treeOf(branch({ ...root.parent, encryptionKey: new Uint8Array(32) }, root.left, root.right));
    expect(() => validateTree(suite.hash, changed)).toThrow(expect.objectContaining({ rule: 'parent_hash_invalid' }));
  });

  it('signatures of the leaves', async () => {
    const checks = (groupId: string) =>
      [...occupiedSlots(tree.root)].map(({ leaf, firstLeaf }) =>
        leafSignature(leaf, { groupId: fromHex(groupId), leafIndex: firstLeaf }),
      );
    expect(await verifyHere(suite, checks(vector.group_id))).toBe(true);
    expect(await verifyHere(suite, checks(`${vector.group_id}00`))).toBe(false);
  });
});
