import { type LogEntry, limits, type MessageEntry, type Seq, type TimestampMs } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import { annotationKey, type EntryRecord, entryKey, type OutboxRecord, type RoomRecord } from '../storage/records.ts';
import type { RemovedRow, TimelineRow } from '../view/index.ts';
import { annotated } from './annotations.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Effect, effectOf, withPin, withReceipt } from './effects.ts';
import { isEmptied, openShared } from './open-message.ts';
import { type EpochIds, LateOrder, type LogOrder, originOf, PageOrder } from './origins.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { messageRow, noticeRow, pinnedRow, removed, unreadableRow } from './rows.ts';

/** The first entry that this account may read (SPEC L6). */
const readableFrom = ({ room }: RoomRecord): number => (room.kind === 'public' ? 1 : room.joinedSeq + 1);

/** The first entry that there is something to read in: what is not kept is not asked for (SPEC L9). */
export const oldestSeq = (record: RoomRecord): Seq => Math.max(readableFrom(record), record.room.emptiedSeq + 1) as Seq;

/** Whether there was something to read before what this browser holds, which the server keeps no longer. */
export const lacksEmptied = (record: RoomRecord): boolean =>
  record.room.policy === 'shared' &&
  record.room.emptiedSeq > 0 &&
  record.first > readableFrom(record) &&
  record.first <= oldestSeq(record);

/** The newest `limit` stored rows before `order` with what was done to them, oldest first. */
export async function storedRows(
  deps: RoomDeps,
  record: RoomRecord,
  outbox: readonly OutboxRecord[],
  order: number,
  limit: number,
): Promise<TimelineRow[]> {
  const { id } = record.room;
  let to = order > Number.MAX_SAFE_INTEGER / 2 ? prefixRange(`${id}/`).to : entryKey(id, Math.ceil(order));
  let rows: TimelineRow[] = [];
  // Entries without a row and rows that are hidden are passed over.
  while (rows.length < limit) {
    const found = await deps.vault.scan<EntryRecord>('entries', { from: `${id}/`, to, reverse: true, limit });
    const stretch = found.flatMap(({ value }) => (value.row && value.row.order < order ? value.row : [])).reverse();
    rows = [...(await annotated(deps, id, outbox, stretch)), ...rows];
    const oldest = found.at(-1);
    if (found.length < limit || oldest === undefined) break;
    to = oldest.key;
  }
  return rows.slice(-limit);
}

/** When the oldest row that is held was said; null where there is none. */
export async function oldestAt({ vault }: RoomDeps, { room: { id } }: RoomRecord): Promise<TimestampMs | null> {
  const limit = 50;
  let { from, to } = prefixRange(`${id}/`);
  for (;;) {
    const found = await vault.scan<EntryRecord>('entries', { from, to, limit });
    const [oldest] = found.flatMap(({ value }) => value.row ?? []);
    if (oldest !== undefined) return oldest.at;
    const last = found.at(-1);
    if (found.length < limit || last === undefined) return null;
    from = `${last.key}\0`;
  }
}

/** How many readable messages of others stand after `seq`, up to `last` where it is given, and how many of them mention this account. */
export async function countUnread(
  deps: RoomDeps,
  record: RoomRecord,
  seq: Seq,
  last?: Seq,
): Promise<Pick<RoomRecord, 'unread' | 'unreadMentions'>> {
  const { id } = record.room;
  const to = last === undefined ? prefixRange(`${id}/`).to : entryKey(id, last + 1);
  const range = { from: entryKey(id, seq + 1), to };
  const after = await deps.vault.scan<EntryRecord>('entries', range);
  const unread = after.flatMap(({ value: { row } }) =>
    row?.kind === 'message' && !row.own && !row.deleted ? row : [],
  );
  const mentioning = unread.filter((row) => row.mentions.includes(deps.self.account));
  return { unread: unread.length, unreadMentions: mentioning.length };
}

const entryWrite = (record: RoomRecord, seq: number, value: EntryRecord): VaultWrite => ({
  store: 'entries',
  key: entryKey(record.room.id, seq),
  value,
});

/** A page of the log before the oldest held entry, and up to where messages were not kept when it was read. */
export async function pullBefore(
  deps: RoomDeps,
  record: RoomRecord,
): Promise<{ readonly entries: readonly LogEntry[]; readonly emptiedSeq: Seq }> {
  const { first, room } = record;
  const limit = Math.min(limits.pageMaxEntries, first - oldestSeq(record));
  const page = await ask(deps, { type: 'pull', room: room.id, before: first, limit }, 'page');
  // Whatever the server says stands there, what is held is not written over.
  const entries = page.entries.filter(({ seq }) => seq < first);
  return { entries, emptiedSeq: Math.max(room.emptiedSeq, page.emptiedSeq) as Seq };
}

/** What reading old entries comes to; `record` holds what changes of it. */
export interface OldStretch {
  record: RoomRecord;
  readonly rows: TimelineRow[];
  readonly writes: VaultWrite[];
  /** Messages to which something was done. */
  readonly touched: Set<Seq>;
  /** Rows that turned out to be none. */
  readonly removed: RemovedRow[];
}

const stretchOf = (record: RoomRecord): OldStretch => ({
  record,
  rows: [],
  writes: [],
  touched: new Set(),
  removed: [],
});

function putRow(stretch: OldStretch, row: TimelineRow, rest: Omit<EntryRecord, 'row'> = {}): void {
  stretch.rows.push(row);
  stretch.writes.push(entryWrite(stretch.record, row.order, { row, ...rest }));
}

function putEffect(deps: RoomDeps, stretch: OldStretch, entry: MessageEntry, effect: Effect): void {
  const { record } = stretch;
  const { id } = record.room;
  switch (effect.kind) {
    case 'said': {
      const row = messageRow(deps, entry, effect.document);
      putRow(stretch, row, { ...(effect.file === undefined ? {} : { file: effect.file }), said: originOf(entry) });
      return;
    }
    case 'annotation': {
      const { annotation } = effect;
      const key = annotationKey(id, annotation.target.seq, entry.seq);
      stretch.writes.push({ store: 'annotations', key, value: annotation });
      stretch.touched.add(annotation.target.seq);
      break;
    }
    case 'pin':
      stretch.record = { ...record, pins: withPin(record.pins, entry, effect.document) };
      if (!effect.document.on) break;
      putRow(stretch, pinnedRow(entry, effect.document.target), { said: originOf(entry) });
      return;
    case 'receipt':
      stretch.record = { ...record, receipts: withReceipt(record.receipts, entry, effect.document) };
      break;
    default:
      effect satisfies never;
  }
  const value: EntryRecord = { row: null, said: originOf(entry) };
  stretch.writes.push(entryWrite(record, entry.seq, value));
}

/** A message from before this device followed the room, read as far as its keys reach. */
async function putMessage(
  deps: RoomDeps,
  stretch: OldStretch,
  keys: ContentKeys | null,
  entry: MessageEntry,
  order: LogOrder,
): Promise<void> {
  const { record } = stretch;
  if (isEmptied(entry, record)) return;
  if (keys === null) {
    const erased = entry.body.length === 0;
    return putRow(stretch, unreadableRow(entry, erased ? 'erased' : 'before_this_browser'));
  }
  if (entry.body.length > 0 && !order.allows(entry)) return putRow(stretch, unreadableRow(entry, 'forged'));
  const opened = await openShared(deps, keys, record.room.id, entry);
  if (opened.kind === 'document') {
    order.note(originOf(entry));
    return putEffect(deps, stretch, entry, effectOf(entry, opened.document));
  }
  const waits = opened.reason === 'waiting_for_history';
  if (waits) stretch.record = { ...record, waiting: record.waiting + 1 };
  putRow(stretch, unreadableRow(entry, opened.reason), waits ? { sealed: entry } : {});
}

/** Turn a page from before into rows to store, and what else it says. `after`: what is held of the epoch that follows it. */
export async function readBefore(
  deps: RoomDeps,
  record: RoomRecord,
  keys: ContentKeys | null,
  entries: readonly LogEntry[],
  after: EpochIds,
): Promise<OldStretch & { readonly oldest: EpochIds }> {
  const stretch = stretchOf(record);
  const order = new PageOrder(after);
  for (const entry of entries) {
    if (entry.kind === 'notice') putRow(stretch, noticeRow(entry));
    else if (entry.kind === 'message') await putMessage(deps, stretch, keys, entry, order);
  }
  stretch.record = { ...stretch.record, first: entries[0]?.seq ?? (Math.min(record.first, oldestSeq(record)) as Seq) };
  return Object.assign(stretch, { oldest: order.oldest });
}

/** Try the rows that wait for history again; gives those that changed. */
export async function rereadWaiting(deps: RoomDeps, record: RoomRecord, keys: ContentKeys): Promise<OldStretch> {
  const stretch = stretchOf({ ...record, waiting: 0 });
  const held = await deps.vault.scan<EntryRecord>('entries', prefixRange(`${record.room.id}/`));
  const order = new LateOrder(held.map(({ value }) => value.said));
  for (const [index, { value }] of held.entries()) {
    if (value.sealed === undefined || value.row === null) continue;
    const { rows, writes } = stretch;
    const before = rows.length;
    await putMessage(deps, stretch, keys, value.sealed, order.at(index));
    const row = rows[before];
    if (row?.kind === 'unreadable' && row.reason === 'waiting_for_history') {
      rows.pop();
      writes.pop();
    }
    // No row at all, or one of another key, as a pin's notice is.
    else if (row?.key !== value.row.key) stretch.removed.push(removed(value.row));
  }
  return stretch;
}
