import { type Bytes, copyBytes } from '../codec/bytes.ts';
import type { CipherSuite, KeyPair } from '../crypto/cipher-suite.ts';
import type { HpkeCiphertext } from '../crypto/hpke.ts';
import { encryptWithLabel } from '../crypto/labels.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import type { UpdatePathNode } from '../messages/update-path.ts';
import { filteredPath, parentsOfPath, withUpdatePath } from './filtered-path.ts';
import { derivePathSecrets } from './path-secrets.ts';
import type { PrivateTree } from './private-tree.ts';
import type { PathStep, RatchetTree } from './ratchet-tree.ts';
import { resolution } from './resolution.ts';
import { encryptionKeyOf, isBranch, nodeIndexOf, type Subtree } from './subtree.ts';
import { nodeOfLeaf } from './tree-math.ts';

export const pathNodeLabel = 'UpdatePathNode';

/** A path of one's own, in the tree but not yet encrypted to anybody: that needs the new tree's hash. */
export interface CreatedPath {
  readonly tree: RatchetTree;
  readonly leafNode: LeafNode;
  readonly steps: readonly PathStep[];
  readonly pathSecrets: readonly Bytes[];
  readonly keyPairs: readonly KeyPair[];
  readonly commitSecret: Bytes;
  readonly privateKeys: PrivateTree;
}

/** Which nodes of a copath child get the path secret: its resolution without the leaves that this commit adds (RFC 9420 §7.5). */
export function receiversOf(copath: Subtree, added: ReadonlySet<number>): Subtree[] {
  return resolution(copath).filter((node) => isBranch(node) || !added.has(node.firstLeaf));
}

/** Makes new keys for a leaf and its filtered direct path (RFC 9420 §7.4, §7.5). `signLeaf` makes the leaf for a parent hash. */
export async function createPath(
  suite: CipherSuite,
  tree: RatchetTree,
  leafIndex: number,
  signLeaf: (encryptionKey: Bytes, parentHash: Bytes) => Promise<LeafNode>,
): Promise<CreatedPath> {
  const steps = filteredPath(tree, leafIndex);
  const first = crypto.getRandomValues(new Uint8Array(suite.hash.bytes));
  const [leafKeys, { pathSecrets, keyPairs, commitSecret }] = await Promise.all([
    suite.kem.generateKeyPair(),
    derivePathSecrets(suite, first, steps.length),
  ]);
  const publicKeys = keyPairs.map(({ publicKey }) => publicKey);
  const { parents, leafParentHash } = parentsOfPath(suite.hash, steps, publicKeys);
  const leafNode = await signLeaf(leafKeys.publicKey, leafParentHash);
  const privateKeys = new Map([[nodeOfLeaf(leafIndex), leafKeys]]);
  for (const [i, { node }] of steps.entries()) privateKeys.set(nodeIndexOf(node), keyPairs[i] as KeyPair);
  return {
    tree: withUpdatePath(tree, leafIndex, leafNode, steps, parents),
    leafNode,
    steps,
    pathSecrets,
    keyPairs,
    commitSecret,
    privateKeys,
  };
}

/** Encrypts each path secret to the other side of its node (RFC 9420 §7.6). `groupContext` has the new tree's hash. */
export async function encryptPath(
  suite: CipherSuite,
  { steps, pathSecrets, keyPairs }: CreatedPath,
  added: ReadonlySet<number>,
  groupContext: Bytes,
): Promise<UpdatePathNode[]> {
  return Promise.all(
    steps.map(async ({ copath }, i) => {
      const pathSecret = pathSecrets[i] as Bytes;
      const encryptedPathSecret: HpkeCiphertext[] = await Promise.all(
        receiversOf(copath, added).map((node) =>
          encryptWithLabel(suite, encryptionKeyOf(node) as Bytes, pathNodeLabel, groupContext, pathSecret),
        ),
      );
      return { encryptionKey: copyBytes((keyPairs[i] as KeyPair).publicKey), encryptedPathSecret };
    }),
  );
}
