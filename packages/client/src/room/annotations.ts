import type { RoomId, Seq } from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';
import {
  type AnnotationRecord,
  annotationKey,
  type EntryRecord,
  entryKey,
  type OutboxRecord,
} from '../storage/records.ts';
import type { FileAnswerView, MessageRow, QuoteView, ReactionView, TimelineRow, UnreadableRow } from '../view/index.ts';
import { countedAnnotations } from './counted-annotations.ts';
import { annotationOf } from './effects.ts';
import type { RoomDeps } from './room-deps.ts';
import { erasedTombstone, pendingOrder, tombstone } from './rows.ts';

/** Different emoji that are shown at one message; more come from a program, not from people. */
const maxReactions = 32;
/** Whether `target` names what stands at its place. */
const isAt = (said: Pick<MessageTarget, 'device' | 'id'>, { device, id }: MessageTarget): boolean =>
  said.device === device && said.id === id;

/**
 * Whether an annotation is by the device that said the message. Only that one edits a message or takes it back: any other that
 * the account has, or that the server says it has, cannot change what was said before it came.
 */
export const isBySayer = (
  row: MessageRow | UnreadableRow,
  { target, account, device }: Pick<AnnotationRecord, 'target' | 'account' | 'device'>,
): boolean => isAt(row, target) && account === row.account && device === row.device;

function reactionsOf(annotations: readonly AnnotationRecord[]): ReactionView[] {
  const reactions = new Map<string, MessageRow['account'][]>();
  for (const { effect, account } of annotations) {
    if (effect.kind !== 'react' || !effect.on) continue;
    reactions.set(effect.emoji, [...(reactions.get(effect.emoji) ?? []), account]);
  }
  return [...reactions].slice(0, maxReactions).map(([emoji, accounts]) => ({ emoji, accounts }));
}

function answersOf(row: MessageRow, annotations: readonly AnnotationRecord[]): FileAnswerView[] {
  const answers = new Map<MessageRow['account'], FileAnswerView['answer']>();
  for (const { effect, account } of annotations) {
    // What was received stays received, and nobody answers their own offer.
    if (effect.kind !== 'answer' || account === row.account || answers.get(account) === 'received') continue;
    answers.set(account, effect.answer);
  }
  return [...answers].map(([account, answer]) => ({ account, answer }));
}

function edited(row: MessageRow, annotations: readonly AnnotationRecord[]): MessageRow {
  let result = row;
  for (const { effect, at } of annotations.filter((one) => isBySayer(row, one))) {
    if (effect.kind !== 'edit' || effect.text === result.text) continue;
    const earlier = [...result.earlier, { text: result.text, at: result.editedAt ?? result.at }];
    result = { ...result, text: effect.text, mentions: effect.mentions, earlier, editedAt: at };
  }
  return result;
}

/**
 * A row with what was done at its place (SPEC C5, C7, C8, C10). Null where the person hid it. A pure function: the same whatever the order
 * in which a client came to know the parts.
 */
export function fold(row: TimelineRow, done: readonly AnnotationRecord[], self: string): TimelineRow | null {
  const annotations = countedAnnotations(done);
  if (annotations.some(({ effect }) => effect.kind === 'hide')) return null;
  if (row.kind !== 'message' && row.kind !== 'unreadable') return row;
  const takenBack = annotations.some((one) => one.effect.kind === 'delete' && isBySayer(row, one));
  if (row.kind === 'unreadable') {
    return takenBack && row.reason === 'erased' ? erasedTombstone(row, row.account === self) : row;
  }
  if (row.deleted) return row;
  const own = annotations.filter(({ target }) => isAt(row, target));
  if (own.length === 0) return row;
  if (takenBack) return tombstone(row);
  const result = edited(row, own);
  const file = result.file === null ? null : { ...result.file, answers: answersOf(row, own) };
  return { ...result, file, reactions: reactionsOf(own) };
}

/** What stands in the vault about messages from `from` to `to`, by the seq of the message. */
export async function storedAnnotations(
  deps: RoomDeps,
  room: RoomId,
  from: number,
  to: number,
): Promise<Map<number, AnnotationRecord[]>> {
  const range = { from: annotationKey(room, from, 0), to: annotationKey(room, to + 1, 0) };
  const bySeq = new Map<number, AnnotationRecord[]>();
  for (const { value } of await deps.vault.scan<AnnotationRecord>('annotations', range)) {
    const known = bySeq.get(value.target.seq);
    if (known) known.push(value);
    else bySeq.set(value.target.seq, [value]);
  }
  return bySeq;
}

/** What is known of one message, in the order of the log. */
export async function annotationsOf(deps: RoomDeps, room: RoomId, seq: Seq): Promise<AnnotationRecord[]> {
  return (await storedAnnotations(deps, room, seq, seq)).get(seq) ?? [];
}

/** What this device did and has not told yet: shown at once. */
function pendingAnnotations(deps: RoomDeps, items: readonly OutboxRecord[]): AnnotationRecord[] {
  return items.flatMap((item) => {
    const { account, device } = deps.self;
    const place = { account, device, seq: pendingOrder + item.number, at: item.at };
    return annotationOf(item.document, place) ?? [];
  });
}

/** Rows as they were said, with what was done to them since; those that are hidden are left out. */
export async function annotated(
  deps: RoomDeps,
  room: RoomId,
  outbox: readonly OutboxRecord[],
  rows: readonly TimelineRow[],
): Promise<TimelineRow[]> {
  const seqs = rows.flatMap((row) => row.seq ?? []);
  if (seqs.length === 0) return [...rows];
  const stored = await storedAnnotations(deps, room, Math.min(...seqs), Math.max(...seqs));
  for (const annotation of pendingAnnotations(deps, outbox)) {
    stored.set(annotation.target.seq, [...(stored.get(annotation.target.seq) ?? []), annotation]);
  }
  const folded = rows.flatMap(
    (row) => fold(row, (row.seq !== null && stored.get(row.seq)) || [], deps.self.account) ?? [],
  );
  const quotes: Quotes = new Map();
  return await Promise.all(folded.map((row) => completed(deps, room, row, quotes)));
}

/** Messages that were looked up for replies, by target: many may answer the same one. */
type Quotes = Map<string, Promise<QuoteView>>;

/** With what only this browser knows: what a reply answers, and whether a file is here. */
export async function completed(
  deps: RoomDeps,
  room: RoomId,
  row: TimelineRow,
  quotes: Quotes = new Map(),
): Promise<TimelineRow> {
  if (row.kind !== 'message' || (row.reply === null && row.file === null)) return row;
  const { file } = row;
  const here = file !== null && file.blob !== null && deps.files.isHere({ room, row: row.key, blob: file.blob });
  return {
    ...row,
    reply: row.reply === null ? null : await quoteOnce(deps, room, row.reply.target, quotes),
    file: file === null ? null : { ...file, here },
  };
}

/** The message that a document names, if it is here as it says (SPEC C5). */
export async function entryAt(deps: RoomDeps, room: RoomId, target: MessageTarget): Promise<EntryRecord | undefined> {
  const record = await deps.vault.get<EntryRecord>('entries', entryKey(room, target.seq));
  return record?.row?.kind === 'message' && isAt(record.row, target) ? record : undefined;
}

function quoteOnce(deps: RoomDeps, room: RoomId, target: MessageTarget, quotes: Quotes): Promise<QuoteView> {
  const key = `${target.seq}/${target.device}/${target.id}`;
  const known = quotes.get(key) ?? quote(deps, room, target);
  quotes.set(key, known);
  return known;
}

async function quote(deps: RoomDeps, room: RoomId, target: MessageTarget): Promise<QuoteView> {
  const row = (await entryAt(deps, room, target))?.row;
  const shown = row && fold(row, await annotationsOf(deps, room, target.seq), deps.self.account);
  if (shown?.kind !== 'message') return { target, quoted: null };
  const { account, text, file, deleted } = shown;
  return { target, quoted: { account, text: text.slice(0, 300), file: file?.name ?? null, deleted } };
}
