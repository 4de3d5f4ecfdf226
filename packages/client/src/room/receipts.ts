import type { Seq } from '@undertone/protocol';
import type { ContentDocumentOf } from '../content/document.ts';
import type { RoomStore } from './room-store.ts';

/** What the others of a thread are to be told of how far this device has come, if it is more than they were (SPEC C9). */
export function nextReceipt({ record, outbox, deps }: RoomStore): ContentDocumentOf<'receipt'> | undefined {
  const { room, heardSeq, readSeq, receipts } = record;
  if (room.kind !== 'thread' || heardSeq === 0) return undefined;
  if (outbox.items.some(({ document }) => document.type === 'receipt')) return undefined;
  const told = receipts[deps.self.account] ?? { delivered: 0 as Seq, read: 0 as Seq };
  const read = deps.preferences().readReceipts ? (Math.min(heardSeq, readSeq) as Seq) : told.read;
  if (told.delivered >= heardSeq && told.read >= read) return undefined;
  return { v: 1, type: 'receipt', delivered: heardSeq, ...(read > told.read ? { read } : {}) };
}
