import type { GroupState } from '@undertone/mls';
import type { EntryId, ReportReason, Seq } from '@undertone/protocol';
import type { VaultWrite } from '@undertone/vault';
import type { RoomRecord } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { GroupStates, PendingGroup } from './stored-group.ts';

/**
 * The working copy of a room while a stretch of its log is processed. Nothing of it counts until it is written as a whole:
 * process, persist, wipe, show.
 */
export interface Draft {
  record: RoomRecord;
  group: GroupState | null;
  pending: PendingGroup | null;
  readonly writes: VaultWrite[];
  readonly rows: TimelineRow[];
  /** Messages to which something was done, or of which there is a row now. */
  readonly touched: Set<Seq>;
  /** Own messages that are now in the log. */
  readonly delivered: EntryId[];
  /** States that nothing needs once the draft is written. */
  readonly obsolete: GroupState[];
  /** Links gave keys that were not known before. */
  learnedKeys: boolean;
  /** Ids of messages that this stretch brought, by device (SPEC L4). */
  readonly said: Set<string>;
  readonly reports: { seq: Seq; reason: ReportReason }[];
  /** An own commit led into a group that turned out not to be one (SPEC R7). */
  entryFailed: boolean;
}

export const draftOf = (record: RoomRecord, { current, pending }: GroupStates): Draft => ({
  record,
  group: current,
  pending,
  writes: [],
  rows: [],
  touched: new Set(),
  delivered: [],
  obsolete: [],
  learnedKeys: false,
  said: new Set(),
  reports: [],
  entryFailed: false,
});

/** Put another MLS state (or none) in the place of the draft's. */
export function replaceGroup(draft: Draft, group: GroupState | null): void {
  if (draft.group !== null && draft.group !== group) draft.obsolete.push(draft.group);
  draft.group = group;
}
