import type { CommitEntry, FoundEntry, MessageEntry, NoticeEntry } from '@undertone/protocol';
import type { OutboxRecord } from '../storage/records.ts';
import type { MessageRow, NoticeRow, SecurityRow, UnreadableReason, UnreadableRow } from '../view/index.ts';
import type { RoomDeps } from './room-deps.ts';

/** Above every seq, so that what is not acknowledged yet stands last. */
const pendingOrder = 2 ** 50;

const messageKey = (device: string, id: string): string => `${device}/${id}`;

const placed = ({ seq, at }: { seq: MessageEntry['seq']; at: number }) => ({ order: seq, seq, at });

export const messageRow = (deps: RoomDeps, entry: MessageEntry, text: string): MessageRow => ({
  kind: 'message',
  key: messageKey(entry.device, entry.id),
  ...placed(entry),
  id: entry.id,
  account: entry.account,
  device: entry.device,
  own: entry.account === deps.self.account,
  text,
  delivery: 'sent',
});

export const unreadableRow = (entry: MessageEntry, reason: UnreadableReason): UnreadableRow => ({
  kind: 'unreadable',
  key: messageKey(entry.device, entry.id),
  ...placed(entry),
  account: entry.account,
  reason,
});

export const noticeRow = (entry: NoticeEntry): NoticeRow => ({
  kind: 'notice',
  key: `notice/${entry.seq}`,
  ...placed(entry),
  event: entry.event,
  account: entry.account,
});

export const securityRow = (entry: CommitEntry | FoundEntry, event: SecurityRow['event']): SecurityRow => ({
  kind: 'security',
  key: `security/${entry.seq}`,
  ...placed(entry),
  event,
});

/** What was said and is not in the log yet. */
export const pendingRow = (deps: RoomDeps, item: OutboxRecord): MessageRow => ({
  kind: 'message',
  key: messageKey(deps.self.device, item.id),
  order: pendingOrder + item.number,
  seq: null,
  at: item.at,
  id: item.id,
  account: deps.self.account,
  device: deps.self.device,
  own: true,
  text: item.text,
  delivery: item.failure === undefined ? 'sending' : 'failed',
  ...(item.failure === undefined ? {} : { failure: item.failure }),
});
