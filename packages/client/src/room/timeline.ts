import { type LogEntry, limits, type MessageEntry, type Seq } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import { type EntryRecord, entryKey, type RoomRecord } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import { openShared } from './open-message.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { noticeRow, unreadableRow } from './rows.ts';

/** The first entry that this account may read (SPEC L6). */
export const oldestSeq = ({ room }: RoomRecord): Seq => (room.kind === 'public' ? 1 : room.joinedSeq + 1) as Seq;

/** The newest `limit` stored rows before `order`, oldest first. */
export async function storedRows(
  deps: RoomDeps,
  record: RoomRecord,
  order: number,
  limit: number,
): Promise<TimelineRow[]> {
  const { id } = record.room;
  const to = order > Number.MAX_SAFE_INTEGER / 2 ? prefixRange(`${id}/`).to : entryKey(id, Math.ceil(order));
  const found = await deps.vault.scan<EntryRecord>('entries', { from: `${id}/`, to, reverse: true, limit });
  return found.map(({ value }) => value.row).reverse();
}

/** How many readable messages of others stand after `seq`. */
export async function countUnread(deps: RoomDeps, record: RoomRecord, seq: Seq): Promise<number> {
  const { id } = record.room;
  const range = { from: entryKey(id, seq + 1), to: prefixRange(`${id}/`).to };
  const after = await deps.vault.scan<EntryRecord>('entries', range);
  return after.filter(({ value }) => value.row.kind === 'message' && !value.row.own).length;
}

/** Entries from before this device followed the room, read as far as its keys reach. `missing`: some wait for history. */
async function oldRow(
  deps: RoomDeps,
  record: RoomRecord,
  keys: ContentKeys | null,
  entry: LogEntry,
): Promise<TimelineRow | undefined> {
  if (entry.kind === 'notice') return noticeRow(entry);
  if (entry.kind !== 'message') return undefined;
  return keys === null
    ? unreadableRow(entry, 'before_this_browser')
    : await openShared(deps, keys, record.room.id, entry);
}

const waits = (row: TimelineRow): boolean => row.kind === 'unreadable' && row.reason === 'waiting_for_history';

const entryWrite = (record: RoomRecord, row: TimelineRow, entry?: MessageEntry): VaultWrite => ({
  store: 'entries',
  key: entryKey(record.room.id, row.order),
  value: (entry !== undefined && waits(row) ? { row, sealed: entry } : { row }) satisfies EntryRecord,
});

/** A page of the log before the oldest held entry. */
export async function pullBefore(deps: RoomDeps, record: RoomRecord): Promise<readonly LogEntry[]> {
  const { id } = record.room;
  const request = { type: 'pull', room: id, before: record.first, limit: limits.pageMaxEntries } as const;
  return (await ask(deps, request, 'page')).entries;
}

export interface OlderStretch {
  readonly writes: VaultWrite[];
  readonly first: Seq;
  readonly waiting: number;
}

/** Turn a page from before into rows to store. */
export async function readBefore(
  deps: RoomDeps,
  record: RoomRecord,
  keys: ContentKeys | null,
  entries: readonly LogEntry[],
): Promise<OlderStretch> {
  const writes: VaultWrite[] = [];
  let waiting = 0;
  for (const entry of entries) {
    const row = await oldRow(deps, record, keys, entry);
    if (row === undefined) continue;
    if (waits(row)) waiting += 1;
    writes.push(entryWrite(record, row, entry.kind === 'message' ? entry : undefined));
  }
  return { writes, first: entries[0]?.seq ?? oldestSeq(record), waiting };
}

/** Try the rows that wait for history again; gives those that changed. */
export async function rereadWaiting(
  deps: RoomDeps,
  record: RoomRecord,
  keys: ContentKeys,
): Promise<{ rows: TimelineRow[]; writes: VaultWrite[]; waiting: number }> {
  const rows: TimelineRow[] = [];
  let waiting = 0;
  for (const { value } of await deps.vault.scan<EntryRecord>('entries', prefixRange(`${record.room.id}/`))) {
    if (value.sealed === undefined) continue;
    const row = await openShared(deps, keys, record.room.id, value.sealed);
    if (waits(row)) waiting += 1;
    else rows.push(row);
  }
  return { rows, writes: rows.map((row) => entryWrite(record, row)), waiting };
}
