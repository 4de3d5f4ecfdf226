import { describe, expect, it } from 'vitest';
import { leftOf, nodeCount, parentOf, rightOf, rootOf, siblingOf } from '../../src/tree/tree-math.ts';
import { loadVectors } from './load.ts';

interface Vector {
  readonly n_leaves: number;
  readonly n_nodes: number;
  readonly root: number;
  readonly left: (number | null)[];
  readonly right: (number | null)[];
  readonly parent: (number | null)[];
  readonly sibling: (number | null)[];
}

/** What a function gives for every node, with `null` as in the vectors. */
function forAll(count: number, of: (node: number) => number | undefined): (number | null)[] {
  return Array.from({ length: count }, (_, node) => of(node) ?? null);
}

describe('tree-math', () => {
  it.each(loadVectors<Vector>('tree-math.json'))('case %i', (_, vector) => {
    const { n_leaves, n_nodes } = vector;
    expect(nodeCount(n_leaves)).toBe(n_nodes);
    expect(rootOf(n_leaves)).toBe(vector.root);
    expect(forAll(n_nodes, leftOf)).toEqual(vector.left);
    expect(forAll(n_nodes, rightOf)).toEqual(vector.right);
    expect(forAll(n_nodes, (node) => parentOf(node, n_leaves))).toEqual(vector.parent);
    expect(forAll(n_nodes, (node) => siblingOf(node, n_leaves))).toEqual(vector.sibling);
  });
});
