import { equalBytes, type MessageEntry } from '@undertone/protocol';
import { toHex } from '../bytes.ts';
import { sameTarget } from '../content/document.ts';
import {
  type AnnotationRecord,
  annotationKey,
  type EntryRecord,
  entryKey,
  type FileSecret,
  type OutboxRecord,
  type RoomRecord,
} from '../storage/records.ts';
import type { MessageRow, UnreadableReason } from '../view/index.ts';
import { type ApplyContext, addRow } from './apply-context.ts';
import { compareWith } from './compare-evidence.ts';
import type { Draft } from './draft.ts';
import { type Effect, effectOf, withPin, withReceipt } from './effects.ts';
import { isEmptied, type Opened, openSealed, openShared, unreadable } from './open-message.ts';
import { compareEpochs, originOf, saidKey } from './origins.ts';
import { sentDocument } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { deliveredRow, messageRow, pinnedRow, unreadableRow } from './rows.ts';
import { isVouched } from './vouching.ts';

/**
 * What this device said, if the entry is just as it was sent and stands in the epoch that it was sealed for: what the server changed is not
 * ours, and after the end of that epoch nobody else reads it.
 */
function ownItem({ deps, outbox }: ApplyContext, draft: Draft, entry: MessageEntry): OutboxRecord | undefined {
  if (entry.account !== deps.self.account || entry.device !== deps.self.device) return undefined;
  if (draft.delivered.includes(entry.id) || compareEpochs(entry, draft.record.room) !== 0) return undefined;
  const item = outbox.find(entry.id);
  const sealed = item?.sealed;
  const same =
    sealed?.generation === entry.generation && sealed.epoch === entry.epoch && equalBytes(sealed.body, entry.body);
  return same ? item : undefined;
}

async function openMessage(context: ApplyContext, draft: Draft, entry: MessageEntry): Promise<Opened> {
  const { deps, keys } = context;
  if (keys === null) return await openSealed(deps, draft, entry);
  // Keys of shared rooms open a message again and again, so the log's own rules tell a moved or repeated one (SPEC L3, L4).
  const { room } = draft.record;
  const key = saidKey(entry);
  const inPlace = entry.generation === room.generation && entry.epoch === room.epoch;
  if (!inPlace || draft.said.has(key) || context.wasSaid(key)) return unreadable('forged');
  return await openShared(deps, keys, room.id, entry);
}

/** Something that is a row of its own, by someone else or from this device's outbox. */
function applySaid(
  { deps, keys }: ApplyContext,
  draft: Draft,
  entry: MessageEntry,
  row: MessageRow,
  file?: FileSecret,
): void {
  addRow(draft, row, {
    ...(file === undefined ? {} : { file }),
    ...(keys === null ? {} : { said: originOf(entry) }),
  });
  const { record } = draft;
  const heard = !row.own;
  const unread = heard && entry.seq > record.readSeq;
  const mentioned = unread && row.mentions.includes(deps.self.account);
  const { id, account, device, text, at } = row;
  draft.record = {
    ...record,
    heardSeq: heard ? entry.seq : record.heardSeq,
    unread: record.unread + (unread ? 1 : 0),
    unreadMentions: record.unreadMentions + (mentioned ? 1 : 0),
    lastActivityAt: entry.at,
    lastMessage: { seq: entry.seq, id, account, device, text: text.slice(0, 200), file: row.file?.name ?? null, at },
  };
}

/** The room's newest message may be the one that was edited. */
function withEditedLast(record: RoomRecord, { target, account, device }: AnnotationRecord, text: string): RoomRecord {
  const { lastMessage } = record;
  if (lastMessage === null || !sameTarget(lastMessage, target)) return record;
  if (lastMessage.account !== account || lastMessage.device !== device) return record;
  return { ...record, lastMessage: { ...lastMessage, text: text.slice(0, 200) } };
}

function applyEffect(context: ApplyContext, draft: Draft, entry: MessageEntry, effect: Effect, own: boolean): void {
  const { deps } = context;
  const { record } = draft;
  const { id } = record.room;
  switch (effect.kind) {
    case 'said': {
      const row = (own ? deliveredRow : messageRow)(deps, entry, effect.document);
      applySaid(context, draft, entry, row, effect.file);
      return;
    }
    case 'annotation': {
      const { annotation } = effect;
      const { target } = annotation;
      draft.writes.push({ store: 'annotations', key: annotationKey(id, target.seq, entry.seq), value: annotation });
      draft.touched.add(target.seq);
      if (annotation.effect.kind === 'edit') draft.record = withEditedLast(record, annotation, annotation.effect.text);
      break;
    }
    case 'pin':
      if (effect.document.on) {
        const row = pinnedRow(entry, effect.document.target);
        addRow(draft, row, context.keys === null ? {} : { said: originOf(entry) });
      }
      draft.record = { ...record, pins: withPin(record.pins, entry, effect.document) };
      break;
    case 'receipt':
      if (record.room.kind === 'thread') {
        draft.record = { ...record, receipts: withReceipt(record.receipts, entry, effect.document) };
      }
      break;
    default:
      effect satisfies never;
  }
  // Its id was used, though it has no row (SPEC L4); the keys of sealed rooms see to that themselves.
  if (context.keys !== null && !draft.rows.some((row) => row.seq === entry.seq)) {
    const value: EntryRecord = { row: null, said: originOf(entry) };
    draft.writes.push({ store: 'entries', key: entryKey(id, entry.seq), value });
  }
}

function applyUnreadable(draft: Draft, entry: MessageEntry, reason: UnreadableReason): void {
  const waits = reason === 'waiting_for_history';
  // Nobody has shown yet that it is of the epoch that it names: its place is looked at when it can be read.
  addRow(draft, unreadableRow(entry, reason), waits ? { sealed: entry } : {});
  const { record } = draft;
  draft.record = { ...record, waiting: record.waiting + (waits ? 1 : 0), lastActivityAt: entry.at };
}

/** Whether another member speaks whom this device knows in the room: what the server says of this place in the log is true then. */
function isKnownHere({ identities, self }: RoomDeps, record: RoomRecord, { account, device }: MessageEntry): boolean {
  if (account === self.account) return false;
  if (record.room.kind === 'public') return record.jumpedFrom?.members.includes(account) ?? false;
  const root = identities.logOf(account, device)?.log.root;
  return root !== undefined && isVouched(identities, record.vouched, { account, root: toHex(root) });
}

/** Something that a device said, or did to what was said. */
export async function applyMessage(context: ApplyContext, draft: Draft, entry: MessageEntry): Promise<void> {
  // By its digest it agrees with everyone's log, so that only a row shows it: the server could withhold any message so.
  if (isEmptied(entry, draft.record)) return applyUnreadable(draft, entry, 'not_kept');
  const item = ownItem(context, draft, entry);
  if (item !== undefined) {
    draft.delivered.push(entry.id);
    draft.writes.push(context.outbox.deletion(item));
    draft.said.add(saidKey(entry));
    return applyEffect(context, draft, entry, effectOf(entry, sentDocument(item)), true);
  }
  const opened = await openMessage(context, draft, entry);
  if (opened.kind === 'unreadable') return applyUnreadable(draft, entry, opened.reason);
  const { evidence } = opened;
  if (evidence !== undefined && compareWith(context, draft, entry, evidence) === 'impossible') {
    return applyUnreadable(draft, entry, 'forged');
  }
  draft.said.add(saidKey(entry));
  if (draft.record.jumpedFrom !== null && isKnownHere(context.deps, draft.record, entry)) {
    draft.record = { ...draft.record, jumpedFrom: null };
  }
  applyEffect(context, draft, entry, effectOf(entry, opened.document), false);
}
