import type { MessageRow, NoticeRow, UnreadableRow } from '@undertone/client/view';
import type { AccountId, DeviceId, EntryId, Seq } from '@undertone/protocol';
import { plainFields } from './rows.ts';

export const noon = new Date(2025, 2, 3, 12).getTime();
export const minute = 60_000;
export const day = 24 * 60 * minute;
export const ada = 'ada' as AccountId;
export const bob = 'bob' as AccountId;
export const cleo = 'cleo' as AccountId;

export const message = (seq: number, fields: Partial<MessageRow> = {}): MessageRow => ({
  kind: 'message',
  key: `m${seq}`,
  order: seq,
  seq: seq as Seq,
  at: noon + seq * 1_000,
  id: `m${seq}` as EntryId,
  account: ada,
  device: 'd' as DeviceId,
  own: false,
  text: String(seq),
  delivery: 'sent',
  ...plainFields,
  ...fields,
});
export const notice = (
  seq: number,
  account: AccountId,
  event: NoticeRow['event'] = 'joined',
  at = noon,
): NoticeRow => ({
  kind: 'notice',
  key: `n${seq}`,
  order: seq,
  seq: seq as Seq,
  at,
  event,
  account,
});
export const unreadable = (seq: number, reason: UnreadableRow['reason']): UnreadableRow => ({
  kind: 'unreadable',
  key: `u${seq}`,
  order: seq,
  seq: seq as Seq,
  at: noon,
  id: `u${seq}` as EntryId,
  account: ada,
  device: 'device' as DeviceId,
  reason,
});
