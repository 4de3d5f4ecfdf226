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
 * Remember that a device received another log than this one (SPEC E5): once for a device and epoch, the entry's own by default. Gives the
 * row that says so, or `undefined` if it was said before.
 */
export function noteDifference(
  draft: Draft,
  entry: MessageEntry | CommitEntry | FoundEntry,
  since: TimestampMs,
  epoch: number = entry.epoch,
): SecurityRow | undefined {
  const { account, device, generation, at } = entry;
  const key = `${generation}/${epoch}/${device}`;
  const { differences } = draft.record;
  if (differences.some((one) => one.key === key)) return undefined;
  // `since` may be by this device's own clock.
  const from = Math.min(since, at);
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
  if (account === deps.self.account && device === deps.self.device) return 'possible';
  draft.heads.push({ account, device, head: evidence.keyHead });
  if (chain === null || !chain.isOf(entry.generation, entry.epoch)) return 'possible';
  const compared = chain.compare(evidence, entry.seq);
  if (compared === 'impossible') return 'impossible';
  const since = draft.agreed.get(device) ?? chain.record.startedAt;
  // The ends of the epochs before belong to the last one's difference: where it was told, this epoch has none.
  if (compared.past === 'differs') differ(draft, entry, since, entry.epoch - 1);
  if (compared.present === 'differs') differ(draft, entry, since, entry.epoch);
  else if (compared.present === 'agrees') draft.agreed.set(device, entry.at);
  return 'possible';
}

function differ(draft: Draft, entry: MessageEntry | CommitEntry, since: TimestampMs, epoch: number): void {
  const row = noteDifference(draft, entry, since, epoch);
  if (row !== undefined) addPart(draft, row);
  if (draft.chain === null) return;
  draft.chain = draft.chain.differing();
  draft.record = { ...draft.record, chain: draft.chain.record };
}

/**
 * Compare what a commit's authenticated data says of the epoch that it ends (SPEC E3). It never refuses the commit: any member can lie. So what
 * would make a message forged is a difference here.
 */
export function compareEvidence(context: ApplyContext, draft: Draft, entry: CommitEntry, data: Uint8Array): void {
  const evidence = decodeEvidence(data);
  if (evidence === undefined || compareWith(context, draft, entry, evidence) === 'possible') return;
  differ(draft, entry, draft.agreed.get(entry.device) ?? entry.at, entry.epoch);
}
