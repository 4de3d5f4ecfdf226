import type { CommitEntry, FoundEntry, MessageEntry, NoticeEntry } from '@undertone/protocol';
import type { OutboxRecord } from '../storage/records.ts';
import type { MessageRow, NoticeRow, SecurityRow, UnreadableReason, UnreadableRow } from '../view/index.ts';
import type { RoomDeps } from './room-deps.ts';

/** Above every seq, so that what is not acknowledged yet stands last. */
const pendingOrder = 2 ** 50;

/** Of what this device said, from the outbox on. What others say has its place in the log for a key: ids may be used twice. */
const ownKey = (device: string, id: string): string => `${device}/${id}`;
const entryRowKey = ({ seq }: MessageEntry): string => `entry/${seq}`;

const placed = ({ seq, at }: { seq: MessageEntry['seq']; at: number }) => ({ order: seq, seq, at });

/** A message that was read. */
export const messageRow = (deps: RoomDeps, entry: MessageEntry, text: string): MessageRow => ({
  kind: 'message',
  key: entryRowKey(entry),
  ...placed(entry),
  id: entry.id,
  account: entry.account,
  device: entry.device,
  own: entry.account === deps.self.account,
  text,
  delivery: 'sent',
  ...(deps.identities.isFormer(entry.account, entry.device) ? { former: true } : {}),
});

/** A message of this device's outbox, now that it is in the log. */
export const deliveredRow = (deps: RoomDeps, entry: MessageEntry, text: string): MessageRow => ({
  ...messageRow(deps, entry, text),
  key: ownKey(entry.device, entry.id),
});

export const unreadableRow = (entry: MessageEntry, reason: UnreadableReason): UnreadableRow => ({
  kind: 'unreadable',
  key: entryRowKey(entry),
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
  key: ownKey(deps.self.device, item.id),
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
