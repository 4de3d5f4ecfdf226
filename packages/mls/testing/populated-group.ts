import type { Bytes } from '../src/codec/bytes.ts';
import { encode } from '../src/codec/writer.ts';
import { suite1 } from '../src/crypto/suites.ts';
import type { MlsClient } from '../src/group/client.ts';
import { withPlaceForCommitter } from '../src/group/commit-effect.ts';
import { epochState } from '../src/group/enter-epoch.ts';
import { signLeafNode } from '../src/group/sign-leaf.ts';
import { type GroupState, nextContext } from '../src/group/state.ts';
import { leafNodeSources, mls10 } from '../src/messages/numbers.ts';
import { confirmationTagOf, deriveEpoch } from '../src/schedule/key-schedule.ts';
import { interimTranscriptHash } from '../src/schedule/transcript-hash.ts';
import { type CreatedPath, createPath } from '../src/tree/create-path.ts';
import { decodeTree, writeTree } from '../src/tree/encode-tree.ts';
import { type RatchetTree, treeOf } from '../src/tree/ratchet-tree.ts';
import { leafSlot } from '../src/tree/subtree.ts';
import { treeHash } from '../src/tree/tree-hash.ts';
import { testIdentity } from './identities.ts';
import { clientFor } from './own-peer.ts';

/** A large group and the secrets of its member at leaf 0, in encodings of the standards only, so that it can be kept in a file. */
export interface PopulatedGroup {
  readonly members: number;
  readonly groupId: Bytes;
  readonly epoch: number;
  /** The `ratchet_tree` extension of RFC 9420 §12.4.3.3. */
  readonly tree: Bytes;
  readonly epochSecret: Bytes;
  readonly confirmedTranscriptHash: Bytes;
  /** By node index. */
  readonly privateKeys: readonly (readonly [number, { readonly publicKey: Bytes; readonly privateKey: Bytes }])[];
  readonly signaturePublicKey: Bytes;
  /** PKCS #8. */
  readonly signaturePrivateKey: Bytes;
}

function random(): Bytes {
  return crypto.getRandomValues(new Uint8Array(32));
}

function path(client: MlsClient, groupId: Bytes, tree: RatchetTree, leafIndex: number): Promise<CreatedPath> {
  return createPath(suite1, tree, leafIndex, (encryptionKey, parentHash) => {
    const source = { type: leafNodeSources.commit, parentHash } as const;
    return signLeafNode(client, encryptionKey, source, { groupId, leafIndex });
  });
}

/**
 * The group that arises when each of `members` joins by external commit, so that no parent is blank, and the first then updates. Only
 * the trees are made, one after another; the commits, which nobody would read, are not.
 */
export async function buildPopulatedGroup(members: number): Promise<PopulatedGroup> {
  const groupId = new TextEncoder().encode(`a group of ${members}`) as Bytes;
  const client = await clientFor(testIdentity(0), { extractable: true });
  // Alone in the tree, with a leaf that the update at the end replaces.
  const source = { type: leafNodeSources.commit, parentHash: new Uint8Array() } as const;
  const { publicKey } = await suite1.kem.generateKeyPair();
  const first = await signLeafNode(client, publicKey, source, { groupId, leafIndex: 0 });
  let tree = treeOf(leafSlot(0, first));
  for (let i = 1; i < members; i++) {
    const place = withPlaceForCommitter(tree);
    tree = (await path(await clientFor(testIdentity(i)), groupId, place.tree, place.leafIndex)).tree;
  }
  const update = await path(client, groupId, tree, 0);
  return {
    members,
    groupId,
    epoch: members,
    tree: encode(update.tree, writeTree),
    epochSecret: random(),
    confirmedTranscriptHash: random(),
    privateKeys: [...update.privateKeys],
    signaturePublicKey: client.signer.publicKey,
    signaturePrivateKey: new Uint8Array(await crypto.subtle.exportKey('pkcs8', client.signer.privateKey)),
  };
}

/** The member at leaf 0. */
export async function openPopulatedGroup(group: PopulatedGroup): Promise<{ client: MlsClient; state: GroupState }> {
  const { groupId, confirmedTranscriptHash, signaturePublicKey, signaturePrivateKey } = group;
  const privateKey = await crypto.subtle.importKey('pkcs8', signaturePrivateKey, 'Ed25519', false, ['sign']);
  const client: MlsClient = {
    ...(await clientFor(testIdentity(0))),
    signer: { publicKey: signaturePublicKey, privateKey },
  };
  const tree = decodeTree(group.tree);
  const { context, contextBytes } = nextContext(
    {
      version: mls10,
      cipherSuite: suite1.id,
      groupId,
      epoch: BigInt(group.epoch),
      treeHash: treeHash(suite1.hash, tree.root),
      confirmedTranscriptHash,
      extensions: [],
    },
    {},
  );
  const derived = deriveEpoch(suite1.hash, new Uint8Array(group.epochSecret));
  const confirmationTag = confirmationTagOf(suite1.hash, derived.secrets, confirmedTranscriptHash);
  const next = {
    context,
    contextBytes,
    joinerSecret: new Uint8Array(),
    derived,
    confirmationTag,
    interimTranscriptHash: interimTranscriptHash(suite1.hash, confirmedTranscriptHash, confirmationTag),
  };
  const privateKeys = new Map(
    group.privateKeys.map(([node, pair]) => [
      node,
      { publicKey: new Uint8Array(pair.publicKey), privateKey: new Uint8Array(pair.privateKey) },
    ]),
  );
  return { client, state: epochState(client, next, tree, 0, privateKeys) };
}
