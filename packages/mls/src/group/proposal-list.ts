import { type Bytes, bytesKey } from '../codec/bytes.ts';
import { MlsError, must } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Commit } from '../messages/commit.ts';
import type { Sender } from '../messages/framed-content.ts';
import { proposalTypes, senderTypes } from '../messages/numbers.ts';
import type { Proposal, ProposalOf } from '../messages/proposal.ts';
import { pskIdKey } from '../messages/psk-id.ts';
import type { SentProposal } from './policy.ts';
import type { PendingProposal } from './state.ts';

export function proposalKey(reference: Bytes): string {
  return bytesKey(reference);
}

/** The proposals of a commit, those by reference looked up (RFC 9420 §12.4). */
export function resolveProposals(
  { proposals }: Commit,
  pending: ReadonlyMap<string, PendingProposal>,
  committer: Sender,
): SentProposal[] {
  if (proposals.length > limits.proposals) throw new MlsError('malformed', 'too many proposals');
  return proposals.map((item) => {
    if (item.kind === 'value') return { proposal: item.proposal, sender: committer };
    must(committer.type === senderTypes.member, 'external_commit_by_reference');
    const known = pending.get(proposalKey(item.reference));
    if (known === undefined) throw new MlsError('unknown_proposal', 'the commit refers to a proposal not seen here');
    return { proposal: known.proposal, sender: known.sender };
  });
}

export function proposalsOfType<T extends Proposal['type']>(
  proposals: readonly SentProposal[],
  type: T,
): { proposal: ProposalOf<T>; sender: Sender }[] {
  return proposals.filter(({ proposal }) => proposal.type === type) as { proposal: ProposalOf<T>; sender: Sender }[];
}

/** Who may propose what (RFC 9420 §12.1.8, Table 11). */
const allowedToExternal = new Set<number>([
  proposalTypes.add,
  proposalTypes.remove,
  proposalTypes.preSharedKey,
  proposalTypes.reInit,
  proposalTypes.groupContextExtensions,
]);

/** Refuses proposals of a kind that their sender may not make (RFC 9420 §12.1.8). */
export function assertSenderMayPropose({ proposal, sender }: SentProposal): void {
  switch (sender.type) {
    case senderTypes.member:
      must(proposal.type !== proposalTypes.externalInit, 'external_init_misplaced');
      return;
    case senderTypes.external:
      must(allowedToExternal.has(proposal.type), 'external_proposal_type');
      return;
    case senderTypes.newMemberProposal:
      must(proposal.type === proposalTypes.add, 'external_proposal_type');
      return;
    case senderTypes.newMemberCommit:
      return;
  }
}

/** The leaf that an Update replaces: its sender's (RFC 9420 §12.1.2). */
export function updatedLeaf(sender: Sender): number {
  if (sender.type !== senderTypes.member) throw new MlsError('internal', 'an Update of someone who is no member');
  return sender.leafIndex;
}

/** The list of a member's commit (RFC 9420 §12.2, first list). */
function assertRegularList(proposals: readonly SentProposal[], committer: number): void {
  const updates = proposalsOfType(proposals, proposalTypes.update).map(({ sender }) => updatedLeaf(sender));
  const removes = proposalsOfType(proposals, proposalTypes.remove).map(({ proposal }) => proposal.removed);
  must(!updates.includes(committer), 'own_update_committed');
  must(!removes.includes(committer), 'own_remove_committed');
  must(new Set([...updates, ...removes]).size === updates.length + removes.length, 'leaf_changed_twice');
  must(proposalsOfType(proposals, proposalTypes.groupContextExtensions).length <= 1, 'extensions_changed_twice');
  const reInits = proposalsOfType(proposals, proposalTypes.reInit).length;
  must(reInits === 0 || proposals.length === 1, 'reinit_not_alone');
  must(proposalsOfType(proposals, proposalTypes.externalInit).length === 0, 'external_init_misplaced');
}

/** The list of an external commit (RFC 9420 §12.2, second list; §12.4.3.2). */
function assertExternalList(proposals: readonly SentProposal[]): void {
  must(proposalsOfType(proposals, proposalTypes.externalInit).length === 1, 'external_init_count');
  must(proposalsOfType(proposals, proposalTypes.remove).length <= 1, 'external_commit_removes');
  const allowed: readonly number[] = [proposalTypes.externalInit, proposalTypes.remove, proposalTypes.preSharedKey];
  must(
    proposals.every(({ proposal }) => allowed.includes(proposal.type)),
    'external_commit_proposal',
  );
}

/** The rules of RFC 9420 §12.2 that need no tree. */
export function assertProposalList(proposals: readonly SentProposal[], committer: Sender): void {
  for (const sent of proposals) assertSenderMayPropose(sent);
  const psks = proposalsOfType(proposals, proposalTypes.preSharedKey).map(({ proposal }) => pskIdKey(proposal.psk));
  must(new Set(psks).size === psks.length, 'psk_repeated');
  if (committer.type === senderTypes.member) assertRegularList(proposals, committer.leafIndex);
  else assertExternalList(proposals);
}

/** Proposals that may be committed without a path (RFC 9420 §12.4, Table 13). */
const withoutPath = new Set<number>([proposalTypes.add, proposalTypes.preSharedKey, proposalTypes.reInit]);

/** Whether a commit must carry a path (RFC 9420 §12.4). */
export function pathIsRequired(proposals: readonly SentProposal[]): boolean {
  return proposals.length === 0 || proposals.some(({ proposal }) => !withoutPath.has(proposal.type));
}
