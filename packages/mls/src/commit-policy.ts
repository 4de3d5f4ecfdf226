import type { ClientState } from 'ts-mls/clientState.js';
import type { Commit } from 'ts-mls/commit.js';
import type { LeafNode } from 'ts-mls/leafNode.js';
import type { Proposal } from 'ts-mls/proposal.js';
import type { PublicMessage } from 'ts-mls/publicMessage.js';
import { bytesEqual } from './bytes.ts';
import { basicIdentity } from './client-config.ts';
import { MlsError } from './errors.ts';

/** A commit of one of the four forms we speak. */
export interface CommitShape {
  commit: Commit;
  /** Undefined for an external commit. */
  committerLeafIndex: number | undefined;
  removedLeafIndexes: number[];
}

function invalid(message: string): MlsError {
  return new MlsError('invalid_commit', message);
}

/** Refuses what was made for another group or epoch, before any cryptography. */
export function assertSameEpoch(state: ClientState, content: { groupId: Uint8Array; epoch: bigint }): void {
  if (!bytesEqual(content.groupId, state.groupContext.groupId)) throw new MlsError('wrong_group', 'of another group');
  if (content.epoch !== state.groupContext.epoch) {
    throw new MlsError('wrong_epoch', `of epoch ${content.epoch}, the state is in ${state.groupContext.epoch}`);
  }
}

function leafAt(state: ClientState, leafIndex: number): LeafNode {
  const node = state.ratchetTree[leafIndex * 2];
  if (node?.nodeType !== 'leaf') throw invalid(`there is no leaf ${leafIndex}`);
  return node.leaf;
}

function proposalsByValue(commit: Commit): Proposal[] {
  return commit.proposals.map((entry) => {
    if (entry.proposalOrRefType !== 'proposal') throw new MlsError('unexpected_content', 'a proposal by reference');
    return entry.proposal;
  });
}

function removals(proposals: Proposal[]): number[] {
  return proposals.flatMap((proposal) => (proposal.proposalType === 'remove' ? [proposal.remove.removed] : []));
}

/** RFC 9420 §12.4.3.2: an ExternalInit, at most a Remove of the joiner's own former leaf, and a path. */
function assertExternalShape(state: ClientState, commit: Commit, proposals: Proposal[]): void {
  const removed = removals(proposals);
  const inits = proposals.filter(({ proposalType }) => proposalType === 'external_init').length;
  if (inits !== 1 || removed.length > 1 || inits + removed.length !== proposals.length) {
    throw invalid('not the proposals of an external commit');
  }
  if (commit.path === undefined) throw invalid('an external commit needs a path');
  // ts-mls does not compare the two, so that anyone who may join could throw anyone out.
  const joiner = basicIdentity(commit.path.leafNode.credential);
  for (const leafIndex of removed) {
    if (!bytesEqual(joiner, basicIdentity(leafAt(state, leafIndex).credential))) {
      throw invalid('an external commit may only remove a former leaf of its author');
    }
  }
}

/** Adds without a path, or Removes with one, or nothing with one. No mixtures: ts-mls is not trusted with them. */
function assertMemberShape(state: ClientState, commit: Commit, proposals: Proposal[], committer: number): void {
  const before = leafAt(state, committer);
  const kinds = new Set(proposals.map(({ proposalType }) => proposalType));
  const [kind] = kinds;
  if (kinds.size > 1) throw invalid('a mixture of proposals');
  if (kind !== undefined && kind !== 'add' && kind !== 'remove') throw invalid(`a proposal of type ${kind}`);
  if ((kind === 'add') === (commit.path !== undefined)) throw invalid('Adds go without a path, all else with one');
  if (commit.path === undefined) return;
  const after = basicIdentity(commit.path.leafNode.credential);
  if (!bytesEqual(after, basicIdentity(before.credential))) throw invalid('the committer changed its identity');
}

/** Everything about a commit that can be judged by looking. Its signature is not yet verified here. */
export function assertCommitShape(state: ClientState, message: PublicMessage): CommitShape {
  const { content } = message;
  assertSameEpoch(state, content);
  if (content.contentType !== 'commit') throw new MlsError('unexpected_content', `a standalone ${content.contentType}`);
  const { commit, sender } = content;
  const proposals = proposalsByValue(commit);
  const removedLeafIndexes = removals(proposals);
  if (sender.senderType === 'new_member_commit') {
    assertExternalShape(state, commit, proposals);
    return { commit, committerLeafIndex: undefined, removedLeafIndexes };
  }
  if (sender.senderType !== 'member') throw new MlsError('unexpected_content', `a commit by ${sender.senderType}`);
  if (sender.leafIndex === state.privatePath.leafIndex) {
    throw new MlsError('own_message', 'adopt the pending state of your own commit instead');
  }
  assertMemberShape(state, commit, proposals, sender.leafIndex);
  return { commit, committerLeafIndex: sender.leafIndex, removedLeafIndexes };
}
