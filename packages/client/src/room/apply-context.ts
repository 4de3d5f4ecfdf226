import { type EntryRecord, entryKey } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import type { Draft } from './draft.ts';
import type { MembersCheck } from './members-check.ts';
import type { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';

/** What an entry is applied with; `keys` is null in sealed rooms. */
export interface ApplyContext {
  readonly deps: RoomDeps;
  readonly keys: ContentKeys | null;
  readonly outbox: Outbox;
  readonly membersCheck: MembersCheck;
  /** Whether the present epoch has a message of this device and id already (`saidKey`). */
  wasSaid(key: string): boolean;
}

/** A row of the log, stored with the rest of the draft. */
export function addRow(draft: Draft, row: TimelineRow, rest: Omit<EntryRecord, 'row'> = {}): void {
  if (row.seq === null) return;
  draft.rows.push(row);
  draft.touched.add(row.seq);
  const value: EntryRecord = { row, ...rest };
  draft.writes.push({ store: 'entries', key: entryKey(draft.record.room.id, row.seq), value });
}
