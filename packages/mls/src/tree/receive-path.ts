import { type Bytes, equalBytes } from '../codec/bytes.ts';
import type { CipherSuite, KeyPair } from '../crypto/cipher-suite.ts';
import type { HpkeCiphertext } from '../crypto/hpke.ts';
import { decryptWithLabel } from '../crypto/labels.ts';
import { broken, must } from '../errors.ts';
import type { UpdatePath } from '../messages/update-path.ts';
import { pathNodeLabel, receiversOf } from './create-path.ts';
import { derivePathSecrets } from './path-secrets.ts';
import type { PrivateTree } from './private-tree.ts';
import { directPath, type PathStep, type RatchetTree } from './ratchet-tree.ts';
import { containsLeaf, encryptionKeyOf, nodeIndexOf } from './subtree.ts';

/** Refuses a path that has not one ciphertext per receiver at each node (RFC 9420 §12.4.2). */
export function assertCiphertextCounts(
  steps: readonly PathStep[],
  { nodes }: UpdatePath,
  added: ReadonlySet<number>,
): void {
  for (const [i, { copath }] of steps.entries()) {
    must(nodes[i]?.encryptedPathSecret.length === receiversOf(copath, added).length, 'path_ciphertext_count');
  }
}

export interface ReceivedPath {
  /** To be wiped, as the commit secret. */
  readonly pathSecret: Bytes;
  readonly commitSecret: Bytes;
  /** Of the nodes that both the sender and the receiver are below. */
  readonly newKeys: PrivateTree;
}

/** What a path looks like to one of its receivers. */
export interface PathReceiver {
  readonly leafIndex: number;
  readonly privateKeys: PrivateTree;
  /** Leaves that the same commit adds: the path is not encrypted to them. */
  readonly added: ReadonlySet<number>;
  /** GroupContext with the hash of the tree that the path is already in, encoded. */
  readonly groupContext: Bytes;
}

async function derived(
  suite: CipherSuite,
  pathSecret: Bytes,
  steps: readonly PathStep[],
  publicKeys: readonly (Bytes | undefined)[],
): Promise<ReceivedPath> {
  const { pathSecrets, keyPairs, commitSecret } = await derivePathSecrets(suite, pathSecret, steps.length);
  // All but the first, which is `pathSecret`.
  for (const secret of pathSecrets.slice(1)) secret.fill(0);
  const newKeys = new Map<number, KeyPair>();
  for (const [i, { node }] of steps.entries()) {
    const keyPair = keyPairs[i] as KeyPair;
    const expected = publicKeys[i];
    must(expected !== undefined && equalBytes(expected, keyPair.publicKey), 'path_secret_mismatch');
    newKeys.set(nodeIndexOf(node), keyPair);
  }
  return { pathSecret, commitSecret, newKeys };
}

/** Decrypts the path secret meant for this member, derives those above it and compares their keys with the path's (RFC 9420 §7.5). */
export async function receivePath(
  suite: CipherSuite,
  steps: readonly PathStep[],
  { nodes }: UpdatePath,
  { leafIndex, privateKeys, added, groupContext }: PathReceiver,
): Promise<ReceivedPath> {
  const meeting = steps.findIndex(({ copath }) => containsLeaf(copath, leafIndex));
  const step = steps[meeting];
  const node = nodes[meeting];
  if (step === undefined || node === undefined) throw broken('path_length');
  const receivers = receiversOf(step.copath, added);
  const at = receivers.findIndex((receiver) => privateKeys.has(nodeIndexOf(receiver)));
  const keyPair = receivers[at] && privateKeys.get(nodeIndexOf(receivers[at]));
  const ciphertext: HpkeCiphertext | undefined = node.encryptedPathSecret[at];
  if (keyPair === undefined || ciphertext === undefined) throw broken('path_not_for_us');
  const pathSecret = await decryptWithLabel(suite, keyPair, pathNodeLabel, groupContext, ciphertext);
  if (pathSecret === undefined) throw broken('path_undecryptable');
  must(pathSecret.length === suite.hash.bytes, 'path_undecryptable');
  const publicKeys = nodes.slice(meeting).map(({ encryptionKey }) => encryptionKey);
  return derived(suite, pathSecret, steps.slice(meeting), publicKeys);
}

/** Takes a path secret from a Welcome: it belongs to the lowest node that is above both leaves (RFC 9420 §12.4.3.1). */
export async function receiveWelcomePath(
  suite: CipherSuite,
  tree: RatchetTree,
  sender: number,
  leafIndex: number,
  pathSecret: Bytes,
): Promise<PrivateTree> {
  const steps = directPath(tree, sender).filter(
    ({ node }) => containsLeaf(node, leafIndex) && node.parent !== undefined,
  );
  const lowest = directPath(tree, sender).find(({ node }) => containsLeaf(node, leafIndex));
  must(lowest !== undefined && steps[0]?.node === lowest.node, 'path_secret_mismatch');
  must(pathSecret.length === suite.hash.bytes, 'path_secret_mismatch');
  const { newKeys, commitSecret } = await derived(
    suite,
    pathSecret,
    steps,
    steps.map(({ node }) => encryptionKeyOf(node)),
  );
  commitSecret.fill(0);
  return newKeys;
}
