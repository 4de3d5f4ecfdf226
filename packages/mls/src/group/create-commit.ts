import { type Bytes, copyBytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import type { Commit, ProposalOrRef } from '../messages/commit.ts';
import type { AuthenticatedContent } from '../messages/framed-content.ts';
import { contentTypes, leafNodeSources, proposalTypes, senderTypes, wireFormats } from '../messages/numbers.ts';
import type { Proposal } from '../messages/proposal.ts';
import type { UpdatePath } from '../messages/update-path.ts';
import { zeroSecret } from '../schedule/key-schedule.ts';
import { type CreatedPath, createPath, encryptPath } from '../tree/create-path.ts';
import { keysStillInTree } from '../tree/private-tree.ts';
import { treeHash } from '../tree/tree-hash.ts';
import { type AppliedProposals, applyProposals } from './apply-proposals.ts';
import type { MlsClient } from './client.ts';
import { committable } from './committable.ts';
import { createWelcome } from './create-welcome.ts';
import { deriveNextEpoch, followingState } from './enter-epoch.ts';
import { assertWithinLifetime } from './key-package.ts';
import { assertOwnPathLeaf } from './own-path-leaf.ts';
import type { CommitEffect, PlacedLeaf, SentProposal } from './policy.ts';
import { pathIsRequired } from './proposal-list.ts';
import { assertOwnLeaf, type HandshakeFormat, protect, signOwnContent } from './protect.ts';
import { resolvePsks } from './psks.ts';
import { signLeafNode } from './sign-leaf.ts';
import { assertActive, assertVerified, type GroupState, nextContext, type PendingProposal } from './state.ts';

export interface CommitOptions {
  /** By value. */
  readonly proposals?: readonly Proposal[];
  /** Whether the pending proposals of this epoch are committed too, as far as they go together. True by default. */
  readonly pending?: boolean;
  /** New keys for this member even where the proposals do not ask for them. */
  readonly path?: boolean;
  readonly format?: HandshakeFormat;
  readonly authenticatedData?: Uint8Array;
  /** Whether the Welcome carries the tree; else the new members need it from elsewhere. True by default. */
  readonly treeInWelcome?: boolean;
  /** Whose leaf goes into the path: this client with a new signature key or credential. */
  readonly successor?: MlsClient;
}

/** A commit that exists only for its author so far. */
export interface CreatedCommit {
  /** MLSMessage. */
  readonly commit: Bytes;
  /** MLSMessage(Welcome) for all that were added. */
  readonly welcome: Bytes | undefined;
  /** The old epoch with the key that a private commit used up: to go on from if the commit is dropped. None for an external commit. */
  readonly current: GroupState | undefined;
  /** To be stored before sending, and adopted once the delivery service has accepted the commit. */
  readonly state: GroupState;
  readonly added: readonly PlacedLeaf[];
  readonly removed: readonly PlacedLeaf[];
}

/** The proposals of a new commit, and what they do. */
interface ChosenProposals {
  readonly list: readonly ProposalOrRef[];
  readonly sent: readonly SentProposal[];
  readonly applied: AppliedProposals;
  readonly pskSecret: Bytes;
}

function assertFreshKeyPackages({ now }: MlsClient, sent: readonly SentProposal[]): void {
  for (const { proposal } of sent) {
    if (proposal.type === proposalTypes.add) assertWithinLifetime(proposal.keyPackage, now());
  }
}

async function chosenWith(
  client: MlsClient,
  state: GroupState,
  byReference: readonly PendingProposal[],
  byValue: readonly SentProposal[],
  former: GroupState | undefined,
): Promise<ChosenProposals> {
  const sent = [...byReference.map(({ proposal, sender }) => ({ proposal, sender })), ...byValue];
  assertFreshKeyPackages(client, sent);
  const committer = { type: senderTypes.member, leafIndex: state.leafIndex } as const;
  const list = [
    ...byReference.map(({ reference }): ProposalOrRef => ({ kind: 'reference', reference })),
    ...byValue.map(({ proposal }): ProposalOrRef => ({ kind: 'value', proposal })),
  ];
  const applied = await applyProposals(client, state, sent, committer, former !== undefined);
  const groups = former === undefined ? [state] : [state, former];
  return { list, sent, applied, pskSecret: await resolvePsks(client.suite, applied.psks, client.psks, groups) };
}

function isInvalid(error: unknown): boolean {
  return error instanceof MlsError && (error.rule !== undefined || error.code === 'unknown_psk');
}

/**
 * Pending proposals by reference, as far as they go together, then those by value (RFC 9420 §12.4.1). A proposal that turns out to
 * be invalid beside the others must not stop the group: then those of outsiders are left out, and at last all that are pending.
 */
async function chosenProposals(
  client: MlsClient,
  state: GroupState,
  options: CommitOptions,
  former: GroupState | undefined,
): Promise<ChosenProposals> {
  const sender = { type: senderTypes.member, leafIndex: state.leafIndex } as const;
  const byValue = (options.proposals ?? []).map((proposal): SentProposal => ({ proposal, sender }));
  const pending = options.pending === false ? [] : committable([...state.proposals.values()], byValue, state.leafIndex);
  const byMembers = pending.filter((item) => item.sender.type === senderTypes.member);
  for (const some of [pending, byMembers]) {
    if (some.length === 0) continue;
    try {
      return await chosenWith(client, state, some, byValue, former);
    } catch (error) {
      if (!isInvalid(error)) throw error;
    }
  }
  return chosenWith(client, state, [], byValue, former);
}

/** The path of a commit in the tree that its proposals left. */
function pathFor(
  client: MlsClient,
  { context, leafIndex }: GroupState,
  { tree }: AppliedProposals,
): Promise<CreatedPath> {
  return createPath(client.suite, tree, leafIndex, (encryptionKey, parentHash) => {
    const source = { type: leafNodeSources.commit, parentHash } as const;
    return signLeafNode(client, encryptionKey, source, { groupId: context.groupId, leafIndex });
  });
}

/** Makes a commit (RFC 9420 §12.4.1). Nothing changes until its state is adopted. */
export function createCommit(
  client: MlsClient,
  state: GroupState,
  options: CommitOptions = {},
): Promise<CreatedCommit> {
  return commitWith(client, state, options, undefined);
}

/** The first commit of a group that follows another one: its PSKs may be the former group's (RFC 9420 §11.2, §11.3). */
export function createFoundingCommit(
  client: MlsClient,
  state: GroupState,
  former: GroupState,
  proposals: readonly Proposal[],
): Promise<CreatedCommit> {
  return commitWith(client, state, { proposals }, former);
}

async function commitWith(
  client: MlsClient,
  state: GroupState,
  options: CommitOptions,
  former: GroupState | undefined,
): Promise<CreatedCommit> {
  assertActive(state);
  assertVerified(state);
  assertOwnLeaf(client, state);
  const { suite, context, leafIndex } = state;
  const { hash } = suite;
  const { list, sent, applied, pskSecret } = await chosenProposals(client, state, options, former);
  const committer = { type: senderTypes.member, leafIndex } as const;
  const successor = options.successor ?? client;
  const withPath = pathIsRequired(sent) || options.path === true || options.successor !== undefined;
  const created = withPath ? await pathFor(successor, state, applied) : undefined;
  const tree = created?.tree ?? applied.tree;
  if (created !== undefined) assertOwnPathLeaf(suite, created, applied.extensions);
  const provisional = nextContext(context, {
    epoch: context.epoch + 1n,
    treeHash: treeHash(hash, tree.root),
    extensions: applied.extensions,
  });
  const addedIndexes = new Set(applied.added.map((leaf) => leaf.leafIndex));
  const path: UpdatePath | undefined = created && {
    leafNode: created.leafNode,
    nodes: await encryptPath(suite, created, addedIndexes, provisional.contextBytes),
  };
  const commit: Commit = { proposals: list, path };
  const format = options.format ?? 'public';
  const effect: CommitEffect = {
    wireFormat: format === 'public' ? wireFormats.publicMessage : wireFormats.privateMessage,
    sender: committer,
    commit,
    proposals: sent,
    treeBefore: state.tree,
    treeAfter: tree,
    added: applied.added,
    removed: applied.removed,
  };
  client.policy?.checkCommit(effect);
  const content = await signOwnContent(
    client,
    state,
    { type: contentTypes.commit, commit },
    copyBytes(options.authenticatedData ?? new Uint8Array()),
    format,
  );
  const commitSecret = created?.commitSecret ?? zeroSecret(hash);
  const inputs = { initSecret: state.secrets.initSecret, commitSecret, pskSecret };
  const next = deriveNextEpoch(suite, provisional.context, state.interimTranscriptHash, content, inputs);
  commitSecret.fill(0);
  const confirmed: AuthenticatedContent = { ...content, confirmationTag: next.confirmationTag };
  const { message, state: current } = await protect(state, confirmed);
  const privateKeys = keysStillInTree(
    tree,
    leafIndex,
    new Map([...state.privateKeys, ...(created?.privateKeys ?? [])]),
  );
  const following = followingState(successor, state, next, tree, privateKeys, applied.reInit);
  const adds = sent.flatMap(({ proposal }) => (proposal.type === proposalTypes.add ? [proposal.keyPackage] : []));
  const welcome =
    adds.length === 0
      ? undefined
      : await createWelcome(successor, following, next, {
          keyPackages: adds,
          places: applied.added,
          created,
          pskSecret,
          psks: applied.psks,
          ratchetTree: options.treeInWelcome !== false,
        });
  next.joinerSecret.fill(0);
  pskSecret.fill(0);
  for (const secret of created?.pathSecrets ?? []) secret.fill(0);
  return { commit: message, welcome, current, state: following, added: applied.added, removed: applied.removed };
}
