import type { AccountId, DeviceId, EntryId, Seq, TimestampMs } from '@undertone/protocol';
import type { MessageRow } from '../view/index.ts';

/** A plain message of someone's at `seq`, sent long ago; with `fields` changed. */
export function messageRow(seq: number, text: string, fields: Partial<MessageRow> = {}): MessageRow {
  return {
    kind: 'message',
    key: `entry/${seq}`,
    order: seq,
    seq: seq as Seq,
    at: seq as TimestampMs,
    id: `id-${seq}` as EntryId,
    account: 'bob' as AccountId,
    device: 'device' as DeviceId,
    own: false,
    text,
    mentions: [],
    reply: null,
    file: null,
    reactions: [],
    earlier: [],
    editedAt: null,
    deleted: false,
    delivery: 'sent',
    ...fields,
  };
}
