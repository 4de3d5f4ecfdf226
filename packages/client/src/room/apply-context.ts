import { type EntryRecord, entryPartKey } from '../storage/records.ts';
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
  draft.writes.push({ store: 'entries', key: entryPartKey(draft.record.room.id, row.seq, 0), value });
}

/** Parts of one entry stand between it and the next: so many at most. */
const partStep = 1 / 1024;

/** A further row of the entry that is being applied, after its own and those before. */
export function addPart(draft: Draft, row: TimelineRow): void {
  if (row.seq === null) return;
  const part = draft.parts.filter(({ seq }) => seq === row.seq).length + 1;
  const placed: TimelineRow = { ...row, key: `${row.key}/${part}`, order: row.seq + part * partStep };
  draft.parts.push(placed);
  const value: EntryRecord = { row: placed };
  draft.writes.push({ store: 'entries', key: entryPartKey(draft.record.room.id, row.seq, part), value });
}
