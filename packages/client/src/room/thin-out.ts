import type { AccountId, RoomId } from '@undertone/protocol';
import type { VaultWrite } from '@undertone/vault';
import {
  type AnnotationRecord,
  annotationKey,
  type EntryRecord,
  entryKey,
  type RoomRecord,
} from '../storage/records.ts';
import type { MessageRow } from '../view/index.ts';
import { isBySayer, storedAnnotations } from './annotations.ts';
import { countedAnnotations } from './counted-annotations.ts';
import type { RoomDeps } from './room-deps.ts';
import { tombstone } from './rows.ts';

/** A step of reading the log that is about to be written. */
interface Step {
  readonly record: RoomRecord;
  readonly writes: VaultWrite[];
}

/** A message that leaves this browser because it was taken back. */
export interface ErasedRow {
  readonly row: MessageRow;
  /** It came with this very step; else it was held before. */
  readonly isNew: boolean;
  readonly hadFile: boolean;
}

/** The last of several writes under one key is what counts. */
const lastWrites = (writes: readonly VaultWrite[], store: VaultWrite['store']): Map<string, unknown> =>
  new Map(writes.flatMap((write) => (write.store === store ? [[write.key, write.value] as const] : [])));

/** What is held about the places that a step touches, with what the step brings. */
async function annotationsAt(
  deps: RoomDeps,
  room: RoomId,
  entries: ReadonlyMap<string, EntryRecord>,
  brought: readonly AnnotationRecord[],
): Promise<Map<number, AnnotationRecord[]>> {
  const places = [...entries.values()].flatMap(({ row }) => row?.seq ?? []);
  const [from, to] = [Math.min(...places), Math.max(...places)];
  const annotations = places.length === 0 ? new Map() : await storedAnnotations(deps, room, from, to);
  for (const seq of new Set(brought.map(({ target }) => target.seq))) {
    if (seq >= from && seq <= to) continue;
    for (const [place, held] of await storedAnnotations(deps, room, seq, seq)) annotations.set(place, held);
  }
  for (const annotation of brought) {
    const { seq } = annotation.target;
    annotations.set(seq, [...(annotations.get(seq) ?? []), annotation]);
  }
  return annotations;
}

/**
 * Let a step leave nothing in the vault that can never be shown: of what is done at one place only what counts (SPEC C5), and
 * of a message that was taken back neither its text and edits nor what opens its file (SPEC C7), whichever of them was read first. Adds to the
 * step's writes and gives the messages that go.
 */
export async function thinOut(deps: RoomDeps, step: Step): Promise<ErasedRow[]> {
  const { id } = step.record.room;
  const entries = lastWrites(step.writes, 'entries') as Map<string, EntryRecord>;
  const brought = [...lastWrites(step.writes, 'annotations').values()] as AnnotationRecord[];
  const erased: ErasedRow[] = [];
  for (const [place, all] of await annotationsAt(deps, id, entries, brought)) {
    const counted = new Set(countedAnnotations(all));
    for (const one of all) {
      if (!counted.has(one)) step.writes.push({ store: 'annotations', key: annotationKey(id, place, one.seq) });
    }
    const deletions = [...counted].filter(({ effect }) => effect.kind === 'delete');
    if (deletions.length === 0) continue;
    const key = entryKey(id, place);
    const isNew = entries.has(key);
    const entry = isNew ? entries.get(key) : await deps.vault.get<EntryRecord>('entries', key);
    const row = entry?.row;
    if (row?.kind !== 'message' || row.deleted || !deletions.some((deletion) => isBySayer(row, deletion))) continue;
    const { file, ...rest } = entry as EntryRecord;
    step.writes.push({ store: 'entries', key, value: { ...rest, row: tombstone(row) } satisfies EntryRecord });
    erased.push({ row, isNew, hadFile: file !== undefined });
  }
  return erased;
}

/** What a room counts and tells of its messages, without those that are gone. */
export function withoutErased(
  record: RoomRecord,
  rows: readonly MessageRow[],
  self: AccountId,
): Pick<RoomRecord, 'unread' | 'unreadMentions' | 'lastMessage'> {
  const unread = rows.filter((row) => !row.own && row.seq !== null && row.seq > record.readSeq);
  const mentioning = unread.filter((row) => row.mentions.includes(self));
  return {
    unread: Math.max(0, record.unread - unread.length),
    unreadMentions: Math.max(0, record.unreadMentions - mentioning.length),
    lastMessage: rows.some(({ seq }) => seq === record.lastMessage?.seq) ? null : record.lastMessage,
  };
}
