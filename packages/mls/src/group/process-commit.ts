import type { Bytes } from '../codec/bytes.ts';
import { equalBytes } from '../codec/bytes.ts';
import type { KeyPair } from '../crypto/cipher-suite.ts';
import { broken, MlsError, must } from '../errors.ts';
import type { AuthenticatedContent } from '../messages/framed-content.ts';
import { contentTypes, senderTypes } from '../messages/numbers.ts';
import { receiveExternalInit, zeroSecret } from '../schedule/key-schedule.ts';
import { keysStillInTree, type PrivateTree } from '../tree/private-tree.ts';
import { leafAt } from '../tree/ratchet-tree.ts';
import { receivePath } from '../tree/receive-path.ts';
import { treeHash } from '../tree/tree-hash.ts';
import { nodeOfLeaf } from '../tree/tree-math.ts';
import type { MlsClient } from './client.ts';
import { applyCommitPublicly, type PublicCommit } from './commit-effect.ts';
import { assertConfirmationTag, deriveNextEpoch, followingState } from './enter-epoch.ts';
import type { PlacedLeaf, SentProposal } from './policy.ts';
import { resolveProposals } from './proposal-list.ts';
import { resolvePsks } from './psks.ts';
import { type GroupState, nextContext, tombstone } from './state.ts';

/** A commit that a member has followed. */
export interface ProcessedCommit {
  /** Of the new epoch; when `removedSelf`, a tombstone of the old one. */
  readonly state: GroupState;
  /** The committer's leaf, as it stands in the new tree. */
  readonly committer: PlacedLeaf;
  /** The committer's leaf in the tree that the commit was made for; none of an external committer (RFC 9420 §12.4.3.2). */
  readonly committerBefore: PlacedLeaf | undefined;
  readonly proposals: readonly SentProposal[];
  readonly added: readonly PlacedLeaf[];
  readonly removed: readonly PlacedLeaf[];
  readonly removedSelf: boolean;
}

/** This member's private keys for the tree that the proposals left: a committed Update of its own brings a new leaf key. */
function keysAfterProposals(
  { leafIndex, privateKeys, ownUpdates }: GroupState,
  { applied }: PublicCommit,
): PrivateTree {
  const keys = new Map<number, KeyPair>(privateKeys);
  const own = applied.updated.find((leaf) => leaf.leafIndex === leafIndex);
  if (own !== undefined) {
    const { encryptionKey } = own.leafNode;
    const pair = ownUpdates.find(({ publicKey }) => equalBytes(publicKey, encryptionKey));
    if (pair === undefined) throw new MlsError('misuse', 'the key of this own update is not in this state');
    keys.set(nodeOfLeaf(leafIndex), pair);
  }
  return keysStillInTree(applied.tree, leafIndex, keys);
}

async function initSecretFor(
  { suite, secrets }: GroupState,
  { applied: { externalInit } }: PublicCommit,
): Promise<Bytes> {
  if (externalInit === undefined) return secrets.initSecret;
  const initSecret = await receiveExternalInit(suite, secrets, externalInit);
  if (initSecret === undefined) throw broken('external_init_undecryptable');
  return initSecret;
}

/** Follows a commit of someone else (RFC 9420 §12.4.2). `content` is authenticated already. */
export async function processCommit(
  client: MlsClient,
  state: GroupState,
  content: AuthenticatedContent,
): Promise<ProcessedCommit> {
  const { framed } = content;
  const { sender } = framed;
  if (framed.content.type !== contentTypes.commit) throw new MlsError('unexpected_content', 'not a commit');
  if (sender.type === senderTypes.member && sender.leafIndex === state.leafIndex) {
    throw new MlsError('own_message', 'a commit of this member itself: adopt its pending state');
  }
  const { commit } = framed.content;
  const { suite } = state;
  const proposals = resolveProposals(commit, state.proposals, sender);
  const publicly = await applyCommitPublicly(client, state, content.wireFormat, sender, commit, proposals);
  const { applied, tree, path, committerIndex, addedIndexes, effect } = publicly;
  const committerLeaf = leafAt(tree, committerIndex);
  must(committerLeaf !== undefined, 'leaf_missing');
  const leafBefore = sender.type === senderTypes.member ? leafAt(state.tree, committerIndex) : undefined;
  const outcome = {
    committer: { leafIndex: committerIndex, leafNode: committerLeaf },
    committerBefore: leafBefore && { leafIndex: committerIndex, leafNode: leafBefore },
    proposals,
    added: effect.added,
    removed: effect.removed,
  };
  if (applied.removed.some(({ leafIndex }) => leafIndex === state.leafIndex)) {
    return { ...outcome, state: tombstone(state, tree), removedSelf: true };
  }
  const provisional = nextContext(state.context, {
    epoch: state.context.epoch + 1n,
    treeHash: treeHash(suite.hash, tree.root),
    extensions: applied.extensions,
  });
  const keys = keysAfterProposals(state, publicly);
  const [received, initSecret, pskSecret] = await Promise.all([
    path &&
      receivePath(suite, path.steps, path.updatePath, {
        leafIndex: state.leafIndex,
        privateKeys: keys,
        added: addedIndexes,
        groupContext: provisional.contextBytes,
      }),
    initSecretFor(state, publicly),
    resolvePsks(suite, applied.psks, client.psks, [state]),
  ]);
  const commitSecret = received?.commitSecret ?? zeroSecret(suite.hash);
  const inputs = { initSecret, commitSecret, pskSecret };
  const next = deriveNextEpoch(suite, provisional.context, state.interimTranscriptHash, content, inputs);
  next.joinerSecret.fill(0);
  commitSecret.fill(0);
  pskSecret.fill(0);
  received?.pathSecret.fill(0);
  if (initSecret !== state.secrets.initSecret) initSecret.fill(0);
  assertConfirmationTag(next.confirmationTag, content.confirmationTag);
  const privateKeys = keysStillInTree(tree, state.leafIndex, new Map([...keys, ...(received?.newKeys ?? [])]));
  const following = followingState(client, state, next, tree, privateKeys, applied.reInit);
  return { ...outcome, state: following, removedSelf: false };
}
