import { equalBytes } from '../codec/bytes.ts';
import type { KeyPair } from '../crypto/cipher-suite.ts';
import { directPath, type RatchetTree } from './ratchet-tree.ts';
import { encryptionKeyOf, nodeIndexOf, slotAt } from './subtree.ts';

/** The private keys that a member holds (RFC 9420 §4.1): of its leaf, and of those of its ancestors that it was told. By node number. */
export type PrivateTree = ReadonlyMap<number, KeyPair>;

/** Those of `keys` that are still in the tree: a blank or replaced node's key must go (RFC 9420 §4.2). */
export function keysStillInTree(tree: RatchetTree, leafIndex: number, keys: PrivateTree): PrivateTree {
  const nodes = [slotAt(tree.root, leafIndex), ...directPath(tree, leafIndex).map(({ node }) => node)];
  const kept = new Map<number, KeyPair>();
  for (const node of nodes) {
    const index = nodeIndexOf(node);
    const key = keys.get(index);
    const publicKey = encryptionKeyOf(node);
    if (key !== undefined && publicKey !== undefined && equalBytes(publicKey, key.publicKey)) kept.set(index, key);
  }
  return kept;
}
