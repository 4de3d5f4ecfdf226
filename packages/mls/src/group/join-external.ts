import { copyBytes, noBytes } from '../codec/bytes.ts';
import { MlsError, must } from '../errors.ts';
import { signContent } from '../framing/authenticate.ts';
import type { Commit } from '../messages/commit.ts';
import { externalPubOf } from '../messages/extension.ts';
import { encodeGroupContext } from '../messages/group-context.ts';
import type { GroupInfo } from '../messages/group-info.ts';
import { encodeMlsMessage } from '../messages/mls-message.ts';
import { contentTypes, leafNodeSources, proposalTypes, senderTypes, wireFormats } from '../messages/numbers.ts';
import type { Proposal } from '../messages/proposal.ts';
import type { PskId } from '../messages/psk-id.ts';
import { sendExternalInit } from '../schedule/key-schedule.ts';
import { interimTranscriptHash } from '../schedule/transcript-hash.ts';
import { createPath, encryptPath } from '../tree/create-path.ts';
import { occupiedSlots } from '../tree/subtree.ts';
import { treeHash } from '../tree/tree-hash.ts';
import { applyProposals, type GroupBase } from './apply-proposals.ts';
import { sameClient } from './authentication.ts';
import type { MlsClient } from './client.ts';
import { withPlaceForCommitter } from './commit-effect.ts';
import type { CreatedCommit } from './create-commit.ts';
import { deriveNextEpoch, epochState } from './enter-epoch.ts';
import { treeOfGroupInfo, verifyGroupInfo } from './group-info.ts';
import { assertGroupInfo, type JoinOptions } from './join-welcome.ts';
import { assertOwnPathLeaf } from './own-path-leaf.ts';
import type { CommitEffect, PlacedLeaf } from './policy.ts';
import { resolvePsks } from './psks.ts';
import { signLeafNode } from './sign-leaf.ts';
import { nextContext } from './state.ts';
import { assertMembersForm, verifyMembers } from './verify-members.ts';

export interface ExternalJoinOptions extends JoinOptions {
  /** Whether a former leaf of this client is removed by the same commit. Without, its presence is `already_member`. */
  readonly resync?: boolean;
  readonly psks?: readonly PskId[];
  readonly authenticatedData?: Uint8Array;
}

function formerLeaves(client: MlsClient, { tree }: GroupBase): PlacedLeaf[] {
  const self = { credential: client.credential, signatureKey: client.signer.publicKey };
  const found: PlacedLeaf[] = [];
  for (const { leaf, firstLeaf } of occupiedSlots(tree.root)) {
    if (sameClient(leaf, self)) found.push({ leafIndex: firstLeaf, leafNode: leaf });
  }
  return found;
}

function removalOf(former: readonly PlacedLeaf[], resync: boolean): Proposal[] {
  if (former.length > 0 && !resync) throw new MlsError('already_member', 'this client has a leaf: join with resync');
  // RFC 9420 §12.2 allows one Remove in an external commit.
  if (former.length > 1) throw new MlsError('already_member', 'this client has more than one leaf');
  return former.map(({ leafIndex }) => ({ type: proposalTypes.remove, removed: leafIndex }));
}

/** Joins by one's own commit, with nobody's help (RFC 9420 §12.4.3.2). */
export async function joinExternal(
  client: MlsClient,
  groupInfo: GroupInfo,
  options: ExternalJoinOptions = {},
): Promise<CreatedCommit> {
  const { suite } = client;
  const { hash } = suite;
  const { groupContext } = groupInfo;
  const groupTree = treeOfGroupInfo(groupInfo, options.tree);
  const externalPub = externalPubOf(groupInfo.extensions);
  must(externalPub !== undefined && suite.kem.isPublicKey(externalPub), 'external_pub_missing');
  await verifyGroupInfo(suite, groupInfo, groupTree);
  assertGroupInfo(client, groupInfo, groupTree);
  assertMembersForm(client, groupContext, groupTree);
  const base: GroupBase = { suite, context: groupContext, tree: groupTree };
  const removal = removalOf(formerLeaves(client, base), options.resync === true);
  const treeVerified = options.verifyMembers !== 'later';
  const verification = treeVerified ? verifyMembers(client, groupContext, groupTree) : Promise.resolve();
  // A refusal is reported by the await below; until then it is not to count as unhandled.
  verification.catch(() => undefined);
  const { kemOutput, initSecret } = await sendExternalInit(suite, externalPub);
  const psks = (options.psks ?? []).map((psk): Proposal => ({ type: proposalTypes.preSharedKey, psk }));
  const proposals: Proposal[] = [{ type: proposalTypes.externalInit, kemOutput }, ...removal, ...psks];
  const sender = { type: senderTypes.newMemberCommit } as const;
  const sent = proposals.map((proposal) => ({ proposal, sender }));
  const applied = await applyProposals(client, base, sent, sender);
  const { tree: room, leafIndex } = withPlaceForCommitter(applied.tree);
  const created = await createPath(suite, room, leafIndex, (encryptionKey, parentHash) => {
    const source = { type: leafNodeSources.commit, parentHash } as const;
    return signLeafNode(client, encryptionKey, source, { groupId: groupContext.groupId, leafIndex });
  });
  assertOwnPathLeaf(suite, created, groupContext.extensions);
  const provisional = nextContext(groupContext, {
    epoch: groupContext.epoch + 1n,
    treeHash: treeHash(hash, created.tree.root),
  });
  const nodes = await encryptPath(suite, created, new Set(), provisional.contextBytes);
  const commit: Commit = {
    proposals: proposals.map((proposal) => ({ kind: 'value', proposal })),
    path: { leafNode: created.leafNode, nodes },
  };
  const added = [{ leafIndex, leafNode: created.leafNode }];
  const effect: CommitEffect = {
    wireFormat: wireFormats.publicMessage,
    sender,
    commit,
    proposals: sent,
    treeBefore: groupTree,
    treeAfter: created.tree,
    added,
    removed: applied.removed,
  };
  client.policy?.checkCommit(effect);
  const framed = {
    groupId: groupContext.groupId,
    epoch: groupContext.epoch,
    sender,
    authenticatedData: copyBytes(options.authenticatedData ?? noBytes),
    content: { type: contentTypes.commit, commit },
  };
  const contextBytes = encodeGroupContext(groupContext);
  const [content, pskSecret] = await Promise.all([
    signContent(suite, wireFormats.publicMessage, framed, contextBytes, client.signer.privateKey),
    resolvePsks(suite, applied.psks, client.psks, []),
    verification,
  ]);
  const interim = interimTranscriptHash(hash, groupContext.confirmedTranscriptHash, groupInfo.confirmationTag);
  const inputs = { initSecret, commitSecret: created.commitSecret, pskSecret };
  const next = deriveNextEpoch(suite, provisional.context, interim, content, inputs);
  for (const secret of [initSecret, created.commitSecret, pskSecret, next.joinerSecret, ...created.pathSecrets]) {
    secret.fill(0);
  }
  const state = { ...epochState(client, next, created.tree, leafIndex, created.privateKeys), treeVerified };
  const publicMessage = {
    content: { ...content, confirmationTag: next.confirmationTag },
    membershipTag: undefined,
  };
  return {
    commit: encodeMlsMessage({ wireFormat: wireFormats.publicMessage, publicMessage }),
    welcome: undefined,
    current: undefined,
    state,
    added,
    removed: applied.removed,
  };
}
