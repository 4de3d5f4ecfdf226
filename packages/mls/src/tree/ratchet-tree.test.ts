import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, noBytes } from '../codec/bytes.ts';
import { decode } from '../codec/reader.ts';
import { encode } from '../codec/writer.ts';
import { suite1 } from '../crypto/suites.ts';
import { basicCredential } from '../messages/credential.ts';
import { encodeLeafNodeContent, type LeafNode, makeLeafNode } from '../messages/leaf-node.ts';
import { leafNodeSources } from '../messages/numbers.ts';
import { readTree, writeTree } from './encode-tree.ts';
import { filteredPath, withUpdatePath } from './filtered-path.ts';
import {
  addLeaf,
  directPath,
  hasEncryptionKey,
  leafAt,
  leafWithSignatureKey,
  memberCount,
  nextLeafIndex,
  type RatchetTree,
  removeLeaf,
  subtreeAt,
  treeOf,
  updateLeaf,
} from './ratchet-tree.ts';
import { resolution, resolvesToNothing } from './resolution.ts';
import { encryptionKeyOf, isBranch, leafCapacity, leafSlot, nodeIndexOf, type ParentNode } from './subtree.ts';
import { originalTreeHash, treeHash } from './tree-hash.ts';
import { leftOf, parentOf, rightOf, rootOf, siblingOf } from './tree-math.ts';

/** The tree as RFC 9420 Appendix C has it: an array of nodes, changed in place. The slow and plain way. */
class ArrayTree {
  nodes: (LeafNode | ParentNode | undefined)[];

  constructor(first: LeafNode) {
    this.nodes = [first];
  }

  get leafCount(): number {
    return (this.nodes.length + 1) / 2;
  }

  isOccupied(leafIndex: number): boolean {
    return this.nodes[2 * leafIndex] !== undefined;
  }

  members(): number[] {
    return Array.from({ length: this.leafCount }, (_, leafIndex) => leafIndex).filter((at) => this.isOccupied(at));
  }

  directPath(leafIndex: number): number[] {
    const path: number[] = [];
    let at = parentOf(2 * leafIndex, this.leafCount);
    while (at !== undefined) {
      path.push(at);
      at = parentOf(at, this.leafCount);
    }
    return path;
  }

  add(leaf: LeafNode): number {
    let leafIndex = 0;
    while (leafIndex < this.leafCount && this.isOccupied(leafIndex)) leafIndex += 1;
    if (leafIndex === this.leafCount) this.nodes.push(...new Array(this.nodes.length + 1).fill(undefined));
    this.nodes[2 * leafIndex] = leaf;
    for (const node of this.directPath(leafIndex)) {
      const parent = this.nodes[node] as ParentNode | undefined;
      if (parent === undefined) continue;
      const unmergedLeaves = [...parent.unmergedLeaves, leafIndex].sort((a, b) => a - b);
      this.nodes[node] = { ...parent, unmergedLeaves };
    }
    return leafIndex;
  }

  update(leafIndex: number, leaf: LeafNode | undefined): void {
    this.nodes[2 * leafIndex] = leaf;
    for (const node of this.directPath(leafIndex)) this.nodes[node] = undefined;
  }

  remove(leafIndex: number): void {
    this.update(leafIndex, undefined);
    while (this.nodes.length > 1 && this.nodes.slice(rootOf(this.leafCount) + 1).every((node) => node === undefined)) {
      this.nodes = this.nodes.slice(0, rootOf(this.leafCount));
    }
  }

  resolution(node: number): number[] {
    const content = this.nodes[node];
    if (content !== undefined) {
      const unmerged = 'unmergedLeaves' in content ? content.unmergedLeaves : [];
      return [node, ...unmerged.map((leafIndex) => 2 * leafIndex)];
    }
    return [leftOf(node), rightOf(node)].flatMap((child) => (child === undefined ? [] : this.resolution(child)));
  }

  filteredPath(leafIndex: number): number[] {
    let below = 2 * leafIndex;
    return this.directPath(leafIndex).filter((node) => {
      const sibling = siblingOf(below, this.leafCount) as number;
      below = node;
      return this.resolution(sibling).length > 0;
    });
  }

  commit(leafIndex: number, leaf: LeafNode, parents: readonly ParentNode[]): void {
    const filtered = this.filteredPath(leafIndex);
    this.update(leafIndex, leaf);
    for (const [i, node] of filtered.entries()) this.nodes[node] = parents[i];
  }
}

let keys = 0;

function freshKey(): Bytes {
  keys += 1;
  return suite1.hash.digest(new Uint8Array(new Uint32Array([keys]).buffer));
}

function freshLeaf(): LeafNode {
  const content = {
    encryptionKey: freshKey(),
    signatureKey: freshKey(),
    credential: basicCredential(noBytes),
    capabilities: { versions: [], cipherSuites: [], extensions: [], proposals: [], credentials: [] },
    source: { type: leafNodeSources.update },
    extensions: [],
  } as const;
  return makeLeafNode(content, encodeLeafNodeContent(content), noBytes);
}

function freshParent(): ParentNode {
  return { encryptionKey: freshKey(), parentHash: noBytes, unmergedLeaves: [] };
}

type Operation = { readonly kind: 'add' | 'update' | 'remove' | 'commit'; readonly pick: number };

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('add' as const, 'add' as const, 'update' as const, 'remove' as const, 'commit' as const),
    pick: fc.nat(),
  }),
  { maxLength: 60 },
);

/** Does the same to both; `pick` chooses among the members. */
function applied(tree: RatchetTree, model: ArrayTree, { kind, pick }: Operation): RatchetTree {
  const members = model.members();
  const leafIndex = members[pick % members.length] as number;
  const leaf = freshLeaf();
  switch (kind) {
    case 'add': {
      const added = addLeaf(tree, leaf);
      expect(added.leafIndex).toBe(model.add(leaf));
      return added.tree;
    }
    case 'update':
      model.update(leafIndex, leaf);
      return updateLeaf(tree, leafIndex, leaf);
    case 'remove':
      if (members.length === 1) return tree;
      model.remove(leafIndex);
      return removeLeaf(tree, leafIndex);
    case 'commit': {
      const steps = filteredPath(tree, leafIndex);
      expect(steps.map(({ node }) => nodeIndexOf(node))).toEqual(model.filteredPath(leafIndex));
      const parents = steps.map(freshParent);
      model.commit(leafIndex, leaf, parents);
      return withUpdatePath(tree, leafIndex, leaf, steps, parents);
    }
  }
}

function contentOf(tree: RatchetTree, node: number): LeafNode | ParentNode | undefined {
  const found = subtreeAt(tree, node);
  if (found === undefined) throw new Error('no such node');
  return isBranch(found) ? found.parent : found.leaf;
}

function expectSame(tree: RatchetTree, model: ArrayTree): void {
  const numbers = [...model.nodes.keys()];
  expect(leafCapacity(tree.root)).toBe(model.leafCount);
  expect(numbers.map((node) => contentOf(tree, node))).toEqual(model.nodes);
  expect(memberCount(tree)).toBe(model.members().length);
  expect(numbers.map((node) => resolution(subtreeAt(tree, node) as RatchetTree['root']).map(nodeIndexOf))).toEqual(
    numbers.map((node) => model.resolution(node)),
  );
  for (const node of numbers) {
    const subtree = subtreeAt(tree, node) as RatchetTree['root'];
    expect(resolvesToNothing(subtree)).toBe(model.resolution(node).length === 0);
    const key = encryptionKeyOf(subtree);
    if (key !== undefined) expect(hasEncryptionKey(tree, key)).toBe(true);
  }
  for (const leafIndex of model.members()) {
    expect(directPath(tree, leafIndex).map(({ node }) => nodeIndexOf(node))).toEqual(model.directPath(leafIndex));
    const { signatureKey } = leafAt(tree, leafIndex) as LeafNode;
    expect(leafWithSignatureKey(tree, signatureKey)).toBe(leafIndex);
  }
  // The indexes have nothing else.
  expect(tree.encryptionKeys.size).toBe(model.nodes.filter((node) => node !== undefined).length);
  expect(tree.signatureKeys.size).toBe(model.members().length);
}

describe('ratchet tree', () => {
  it('is as an array of nodes after any operations', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const first = freshLeaf();
        const model = new ArrayTree(first);
        let tree = treeOf(leafSlot(0, first));
        for (const operation of list) {
          tree = applied(tree, model, operation);
          expectSame(tree, model);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('every former tree stays as it was, and hashes that were remembered are right', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const first = freshLeaf();
        const model = new ArrayTree(first);
        let tree = treeOf(leafSlot(0, first));
        const former: [RatchetTree, Bytes, Bytes][] = [];
        for (const operation of list) {
          tree = applied(tree, model, operation);
          former.push([tree, encode(tree, writeTree), treeHash(suite1.hash, tree.root)]);
        }
        for (const [each, encoded, hash] of former) {
          expect(encode(each, writeTree)).toEqual(encoded);
          // A tree that was decoded remembers nothing.
          expect(treeHash(suite1.hash, decode(encoded, readTree).root)).toEqual(hash);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('the original hash of a subtree is the one that it had before leaves were added', () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 6 }), (list, count) => {
        const first = freshLeaf();
        const model = new ArrayTree(first);
        const before = list.reduce((tree, operation) => applied(tree, model, operation), treeOf(leafSlot(0, first)));
        let after = before;
        const added: number[] = [];
        for (let i = 0; i < count; i++) {
          const next = addLeaf(after, freshLeaf());
          after = next.tree;
          added.push(next.leafIndex);
        }
        for (const node of model.nodes.keys()) {
          const now = subtreeAt(after, node) as RatchetTree['root'];
          const then = subtreeAt(before, node) as RatchetTree['root'];
          expect(originalTreeHash(suite1.hash, now, added)).toEqual(treeHash(suite1.hash, then));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the next leaf is the leftmost blank one, or past the end', () => {
    let tree = treeOf(leafSlot(0, freshLeaf()));
    expect(nextLeafIndex(tree)).toBe(1);
    for (let i = 0; i < 7; i++) tree = addLeaf(tree, freshLeaf()).tree;
    expect(nextLeafIndex(tree)).toBe(8);
    tree = removeLeaf(removeLeaf(tree, 5), 2);
    expect(nextLeafIndex(tree)).toBe(2);
    expect(nextLeafIndex(addLeaf(tree, freshLeaf()).tree)).toBe(5);
  });

  it('is truncated by as many levels as have no member', () => {
    let tree = treeOf(leafSlot(0, freshLeaf()));
    for (let i = 0; i < 16; i++) tree = addLeaf(tree, freshLeaf()).tree;
    expect(leafCapacity(tree.root)).toBe(32);
    for (let leafIndex = 2; leafIndex < 16; leafIndex++) tree = removeLeaf(tree, leafIndex);
    expect(leafCapacity(tree.root)).toBe(32);
    tree = removeLeaf(tree, 16);
    expect(leafCapacity(tree.root)).toBe(2);
    expect(memberCount(tree)).toBe(2);
  });
});
