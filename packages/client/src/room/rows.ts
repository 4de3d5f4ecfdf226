import {
  type AccountId,
  type CommitEntry,
  fromBase64url,
  type LogEntry,
  type MessageEntry,
  type NoticeEntry,
  type Seq,
  type TimestampMs,
} from '@undertone/protocol';
import type { ContentDocumentOf, MessageTarget } from '../content/document.ts';
import type { OutboxRecord, UnsentDocument } from '../storage/records.ts';
import type {
  FileView,
  MemberRow,
  MessageRow,
  NoticeRow,
  RemovedRow,
  SecurityRow,
  UnreadableReason,
  UnreadableRow,
} from '../view/index.ts';
import type { RoomDeps } from './room-deps.ts';

/** Above every seq, so that what is not acknowledged yet stands last. */
export const pendingOrder = 2 ** 50;

/** Of what this device said, from the outbox on. What others say has its place in the log for a key: ids may be used twice. */
export const ownKey = (device: string, id: string): string => `${device}/${id}`;
export const entryRowKey = (seq: number): string => `entry/${seq}`;

/** The place of a row of someone else's, from its key. */
export function seqOfRow(key: string): Seq | undefined {
  const [kind, seq] = key.split('/');
  return kind === 'entry' ? (Number(seq) as Seq) : undefined;
}

/** What is told of a row that is gone. */
export const removed = ({ key, seq }: RemovedRow): RemovedRow => ({ key, seq });

const placed = ({ seq, at }: { seq: MessageEntry['seq']; at: number }) => ({ order: seq, seq, at });

/** A document that is a row of its own. */
export type SaidDocument = ContentDocumentOf<'text'> | Extract<UnsentDocument, { type: 'file' }>;

function fileView(document: Extract<SaidDocument, { type: 'file' }>): FileView {
  const { blob, name, mediaType, bytes, width, height, durationMs, thumbnail } = document;
  return {
    blob: blob ?? null,
    name,
    mediaType,
    bytes,
    width: width ?? null,
    height: height ?? null,
    durationMs: durationMs ?? null,
    thumbnail: thumbnail === undefined ? null : fromBase64url(thumbnail),
    answers: [],
    here: false,
  };
}

/** What a document says, before anybody did anything to it. */
const saying = (document: SaidDocument) => ({
  text: document.type === 'text' ? document.text : (document.caption ?? ''),
  mentions: document.mentions ?? [],
  reply: document.reply === undefined ? null : { target: document.reply, quoted: null },
  file: document.type === 'file' ? fileView(document) : null,
  reactions: [],
  earlier: [],
  editedAt: null,
  deleted: false,
});

/** The server's and a sender's clock may differ by so much without a word. */
const clocksDifferMs = 10 * 60_000;

/** When a message was written, by its sender's clock, where the server's word is far from that (SPEC C11). */
function writtenAt({ at }: MessageEntry, { sentAt }: SaidDocument): Pick<MessageRow, 'writtenAt'> {
  return sentAt === undefined || Math.abs(sentAt - at) <= clocksDifferMs ? {} : { writtenAt: sentAt };
}

/** A message that was read. */
export const messageRow = (deps: RoomDeps, entry: MessageEntry, document: SaidDocument): MessageRow => ({
  kind: 'message',
  key: entryRowKey(entry.seq),
  ...placed(entry),
  id: entry.id,
  account: entry.account,
  device: entry.device,
  own: entry.account === deps.self.account,
  ...saying(document),
  delivery: 'sent',
  ...(deps.identities.isFormer(entry.account, entry.device) ? { former: true } : {}),
  ...(entry.account === deps.self.account && entry.device !== deps.self.device ? { elsewhere: true } : {}),
  ...writtenAt(entry, document),
});

export const unreadableRow = (entry: MessageEntry, reason: UnreadableReason): UnreadableRow => ({
  kind: 'unreadable',
  key: entryRowKey(entry.seq),
  ...placed(entry),
  id: entry.id,
  account: entry.account,
  device: entry.device,
  reason,
});

/** A removal from a thread has no notice row, but a member row (SPEC R10); elsewhere there is none. */
export const noticeRow = (entry: NoticeEntry): NoticeRow => ({
  kind: 'notice',
  key: `notice/${entry.seq}`,
  ...placed(entry),
  event: entry.event === 'removed' ? 'left' : entry.event,
  account: entry.account,
});

/** What a commit changed of who is in a thread. */
export const memberRow = (
  entry: CommitEntry,
  event: MemberRow['event'],
  account: AccountId,
  by: AccountId | null,
): MemberRow => ({ kind: 'member', key: `member/${entry.seq}`, ...placed(entry), event, account, by });

export const pinnedRow = (entry: MessageEntry, target: MessageTarget): NoticeRow => ({
  kind: 'notice',
  key: `pinned/${entry.seq}`,
  ...placed(entry),
  event: 'pinned',
  account: entry.account,
  target,
});

export const securityRow = (
  entry: LogEntry,
  event: SecurityRow['event'],
  facts: Pick<SecurityRow, 'account' | 'from' | 'to'> = {},
): SecurityRow => ({
  kind: 'security',
  key: `security/${entry.seq}`,
  ...placed(entry),
  event,
  ...facts,
});

/** What is left of a message that was taken back. */
export const tombstone = (row: MessageRow): MessageRow => ({
  ...row,
  text: '',
  mentions: [],
  reply: null,
  file: null,
  reactions: [],
  earlier: [],
  editedAt: null,
  deleted: true,
});

/** A tombstone for a message whose body nobody has any more. */
export const erasedTombstone = (row: UnreadableRow, own: boolean): MessageRow =>
  tombstone({
    kind: 'message',
    key: row.key,
    order: row.order,
    seq: row.seq,
    at: row.at,
    id: row.id,
    account: row.account,
    device: row.device,
    own,
    ...saying({ v: 1, type: 'text', text: '' }),
    delivery: 'sent',
  });

const isSaid = (document: UnsentDocument): document is SaidDocument =>
  document.type === 'text' || document.type === 'file';

/** What was said and is not in the log yet; `undefined` for documents that are no rows. */
export function pendingRow(deps: RoomDeps, item: OutboxRecord): MessageRow | undefined {
  if (!isSaid(item.document)) return undefined;
  const at: TimestampMs = item.at;
  return {
    kind: 'message',
    key: ownKey(deps.self.device, item.id),
    order: pendingOrder + item.number,
    seq: null,
    at,
    id: item.id,
    account: deps.self.account,
    device: deps.self.device,
    own: true,
    ...saying(item.document),
    delivery: item.failure === undefined ? 'sending' : 'failed',
    ...(item.failure === undefined ? {} : { failure: item.failure }),
  };
}

/** A message of this device's outbox, now that it is in the log. */
export const deliveredRow = (deps: RoomDeps, entry: MessageEntry, document: SaidDocument): MessageRow => ({
  ...messageRow(deps, entry, document),
  key: ownKey(entry.device, entry.id),
});
