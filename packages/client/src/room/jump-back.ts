import type { Seq } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import {
  type AnnotationRecord,
  type EntryRecord,
  entryKey,
  type JumpedFrom,
  type RoomRecord,
} from '../storage/records.ts';
import type { RemovedRow } from '../view/index.ts';
import type { RoomDeps } from './room-deps.ts';
import { pendingOrder, removed } from './rows.ts';
import { countUnread } from './timeline.ts';

interface JumpedBack {
  readonly change: Partial<RoomRecord>;
  readonly writes: readonly VaultWrite[];
  readonly removed: readonly RemovedRow[];
}

/**
 * The log does not go on at a later place after all: reading goes on where it stood, and what the server showed of that place was never in the log.
 */
export async function jumpBack(
  deps: RoomDeps,
  record: RoomRecord,
  { cursor, generation, epoch, floor, members }: JumpedFrom,
): Promise<JumpedBack> {
  const { room } = record;
  const all = prefixRange(`${room.id}/`);
  const after = { from: entryKey(room.id, cursor + 1), to: all.to };
  const [entries, annotations] = await Promise.all([
    deps.vault.scan<EntryRecord>('entries', after),
    deps.vault.scan<AnnotationRecord>('annotations', all),
  ]);
  const late = annotations.filter(({ value: { seq } }) => seq > cursor && seq < pendingOrder);
  const readSeq = Math.min(record.readSeq, cursor) as Seq;
  return {
    change: {
      room: { ...room, generation, epoch, head: cursor },
      cursor,
      first: Math.min(record.first, cursor + 1) as Seq,
      epochSeq: Math.min(record.epochSeq, cursor) as Seq,
      jumpedFrom: null,
      gap: false,
      floor,
      members,
      readSeq,
      ...(await countUnread(deps, record, readSeq, cursor)),
    },
    writes: [
      ...entries.map(({ key }): VaultWrite => ({ store: 'entries', key })),
      ...late.map(({ key }): VaultWrite => ({ store: 'annotations', key })),
    ],
    removed: entries.flatMap(({ value: { row } }) => (row === null ? [] : removed(row))),
  };
}
