import type { GroupState } from '@undertone/mls';
import type { AccountId, DeviceId, EntryId, ReportReason, Seq, TimestampMs } from '@undertone/protocol';
import type { VaultWrite } from '@undertone/vault';
import type { Evidence } from '../content/evidence.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { EpochChain } from './epoch-chain.ts';
import type { GroupStates, PendingGroup } from './stored-group.ts';

/** What a device's message says of its account's key log. */
export interface HeardHead {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly head: Evidence['keyHead'];
}

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
  /** Further rows of entries, beside `rows`. */
  readonly parts: TimelineRow[];
  /** The hash of the log in the epoch at hand, up to the entry before the one that is being applied. */
  chain: EpochChain | null;
  /** Key logs' newest entries that devices named (SPEC K6). */
  readonly heads: HeardHead[];
  /** When each device's log was last found to be the same as this one's. */
  readonly agreed: Map<DeviceId, TimestampMs>;
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

export const draftOf = (
  record: RoomRecord,
  { current, pending }: GroupStates,
  chain: EpochChain | null,
  agreed: Map<DeviceId, TimestampMs>,
): Draft => ({
  record,
  group: current,
  pending,
  writes: [],
  rows: [],
  parts: [],
  chain,
  heads: [],
  agreed,
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
