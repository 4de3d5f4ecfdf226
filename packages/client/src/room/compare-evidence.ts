import type { CommitEntry, FoundEntry, MessageEntry, TimestampMs } from '@undertone/protocol';
import { decodeEvidence, type Evidence } from '../content/evidence.ts';
import type { DifferenceRecord } from '../storage/records.ts';
import type { SecurityRow } from '../view/index.ts';
import { type ApplyContext, addPart } from './apply-context.ts';
import type { Draft } from './draft.ts';
import { securityRow } from './rows.ts';

/** Differences that are remembered of a room; the oldest ones go first. */
const keptDifferences = 64;

/**
 * Remember that a device received another log than this one (SPEC E5): once for a device and epoch. Gives the row that says so, or
 * `undefined` if it was said before.
 */
export function noteDifference(
  draft: Draft,
  entry: MessageEntry | CommitEntry | FoundEntry,
  from: TimestampMs,
): SecurityRow | undefined {
  const { account, device, generation, epoch, at } = entry;
  const key = `${generation}/${epoch}/${device}`;
  const { differences } = draft.record;
  if (differences.some((one) => one.key === key)) return undefined;
  const found: DifferenceRecord = { key, account, device, from, to: at, passed: false };
  draft.record = { ...draft.record, differences: [found, ...differences].slice(0, keptDifferences) };
  return securityRow(entry, 'different_log', { account, from, to: at });
}

/** Whether what a member says of the log fits to it as this device has it. What does not is noted; `impossible`: it proves a lie of the sender's. */
export function compareWith(
  { deps }: ApplyContext,
  draft: Draft,
  entry: MessageEntry | CommitEntry,
  evidence: Evidence,
): 'possible' | 'impossible' {
  const { chain } = draft;
  const { account, device } = entry;
  if (device === deps.self.device) return 'possible';
  draft.heads.push({ account, device, head: evidence.keyHead });
  if (chain === null || !chain.isOf(entry.generation, entry.epoch)) return 'possible';
  const comparison = chain.compare(evidence, entry.seq);
  if (comparison === 'impossible') return 'impossible';
  if (comparison === 'agrees') draft.agreed.set(device, entry.at);
  if (comparison === 'differs') {
    const row = noteDifference(draft, entry, draft.agreed.get(device) ?? chain.record.startedAt);
    if (row !== undefined) addPart(draft, row);
  }
  return 'possible';
}

/** Compare what a commit's authenticated data says of the epoch that it ends (SPEC E3). It never refuses the commit: any member can lie. */
export function compareEvidence(context: ApplyContext, draft: Draft, entry: CommitEntry, data: Uint8Array): void {
  const evidence = decodeEvidence(data);
  if (evidence !== undefined) compareWith(context, draft, entry, evidence);
}
