import { proposalTypes, senderTypes } from '../messages/numbers.ts';
import { pskIdKey } from '../messages/psk-id.ts';
import type { SentProposal } from './policy.ts';
import type { PendingProposal } from './state.ts';

/** The leaf that an Update or a Remove is about. */
function changedLeaf({ proposal, sender }: SentProposal): number | undefined {
  if (proposal.type === proposalTypes.remove) return proposal.removed;
  if (proposal.type === proposalTypes.update && sender.type === senderTypes.member) return sender.leafIndex;
  return undefined;
}

/** What two proposals of one commit must not share (RFC 9420 §12.2). */
function claimOf(sent: SentProposal): string | undefined {
  const { proposal } = sent;
  const leaf = changedLeaf(sent);
  if (leaf !== undefined) return `leaf ${leaf}`;
  if (proposal.type === proposalTypes.preSharedKey) return `psk ${pskIdKey(proposal.psk)}`;
  if (proposal.type === proposalTypes.groupContextExtensions) return 'extensions';
  return undefined;
}

/**
 * Those of the pending proposals that a member may commit together with its own (RFC 9420 §12.2, §12.4.1): nothing about itself; of
 * several for one leaf a Remove, else the latest Update; a ReInit only alone. The others are left for another commit, or for nobody.
 */
export function committable(
  pending: readonly PendingProposal[],
  byValue: readonly SentProposal[],
  committer: number,
): PendingProposal[] {
  const claimed = new Set(byValue.map(claimOf));
  const removesFirst = [...pending].reverse().sort((a, b) => rank(a) - rank(b));
  const kept = new Set<PendingProposal>();
  for (const item of removesFirst) {
    const claim = claimOf(item);
    if (changedLeaf(item) === committer || (claim !== undefined && claimed.has(claim))) continue;
    const isReInit = item.proposal.type === proposalTypes.reInit;
    if (isReInit && (kept.size > 0 || byValue.length > 0)) continue;
    kept.add(item);
    if (claim !== undefined) claimed.add(claim);
  }
  return pending.filter((item) => kept.has(item));
}

/** Removes before all else, ReInits last. */
function rank({ proposal }: SentProposal): number {
  if (proposal.type === proposalTypes.remove) return 0;
  return proposal.type === proposalTypes.reInit ? 2 : 1;
}
