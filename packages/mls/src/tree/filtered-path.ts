import type { Bytes } from '../codec/bytes.ts';
import { equalBytes } from '../codec/bytes.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import { must } from '../errors.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import { leafNodeSources } from '../messages/numbers.ts';
import type { UpdatePath } from '../messages/update-path.ts';
import { noParentHash, parentHash } from './parent-hash.ts';
import { directPath, hasEncryptionKey, leafAt, type PathStep, type RatchetTree, withPath } from './ratchet-tree.ts';
import { resolvesToNothing } from './resolution.ts';
import { nodeIndexOf, type ParentNode } from './subtree.ts';

/** The filtered direct path of a leaf (RFC 9420 §4.1.2): without nodes whose other child has no member below it. */
export function filteredPath(tree: RatchetTree, leafIndex: number): PathStep[] {
  return directPath(tree, leafIndex).filter(({ copath }) => !resolvesToNothing(copath));
}

/** The nodes that a path with these keys puts in the tree, and the parent hash that its leaf must carry (RFC 9420 §7.9). */
export function parentsOfPath(
  hash: Hash,
  steps: readonly PathStep[],
  encryptionKeys: readonly Bytes[],
): { parents: ParentNode[]; leafParentHash: Bytes } {
  const parents: ParentNode[] = [];
  let next = noParentHash;
  for (let i = steps.length - 1; i >= 0; i--) {
    const parent = { encryptionKey: encryptionKeys[i] as Bytes, parentHash: next, unmergedLeaves: [] };
    parents.unshift(parent);
    next = parentHash(hash, parent, (steps[i] as PathStep).copath);
  }
  return { parents, leafParentHash: next };
}

/** The tree with a path put in: nodes of the direct path that are not in the filtered one become blank (RFC 9420 §7.5). */
export function withUpdatePath(
  tree: RatchetTree,
  leafIndex: number,
  leaf: LeafNode,
  steps: readonly PathStep[],
  parents: readonly ParentNode[],
): RatchetTree {
  const byNode = new Map(steps.map(({ node }, i) => [nodeIndexOf(node), parents[i]]));
  return withPath(tree, leafIndex, leaf, (node) => byNode.get(nodeIndexOf(node)));
}

/** A path received, put into the tree; its secrets are another matter (`receive-path.ts`). */
export interface AppliedPath {
  readonly tree: RatchetTree;
  readonly steps: readonly PathStep[];
}

/** Checks the public part of a path and applies it (RFC 9420 §7.5, §12.4.2). The leaf itself is validated by the caller. */
export function applyUpdatePath(hash: Hash, tree: RatchetTree, leafIndex: number, path: UpdatePath): AppliedPath {
  const { leafNode, nodes } = path;
  const steps = filteredPath(tree, leafIndex);
  must(nodes.length === steps.length, 'path_length');
  const keys = nodes.map(({ encryptionKey }) => encryptionKey);
  // An external committer's leaf is still blank.
  const former = leafAt(tree, leafIndex);
  must(former === undefined || !equalBytes(former.encryptionKey, leafNode.encryptionKey), 'path_leaf_key_unchanged');
  const all = [leafNode.encryptionKey, ...keys];
  const unique = all.every((key, i) => all.findIndex((other) => equalBytes(key, other)) === i);
  must(unique && !all.some((key) => hasEncryptionKey(tree, key)), 'path_key_known');
  const { parents, leafParentHash } = parentsOfPath(hash, steps, keys);
  const { source } = leafNode;
  must(source.type === leafNodeSources.commit && equalBytes(source.parentHash, leafParentHash), 'path_parent_hash');
  return { tree: withUpdatePath(tree, leafIndex, leafNode, steps, parents), steps };
}
