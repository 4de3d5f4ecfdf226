import type {
  FileView,
  MemberRow,
  MessageRow,
  MessageTarget,
  NoticeRow,
  QuoteView,
  ReactionView,
} from '@undertone/client/view';
import { AccountId, BlobId, DeviceId, EntryId, RoomId, type Seq, type TimestampMs } from '@undertone/protocol';
import { type PictureKind, thumbnail } from './pictures.ts';

const uuid = (kind: string, n: number) =>
  `${kind.padEnd(8, '0')}-0000-4000-8000-${(n * 7919).toString(16).padStart(12, '0')}`;

export const accountOf = (n: number): AccountId => AccountId.parse(uuid('acc', n));
export const roomOf = (n: number): RoomId => RoomId.parse(uuid('b00', n));
export const fakeDevice = DeviceId.parse(uuid('dd', 1));
export const me = accountOf(0);

let blobs = 0;
export const newBlob = (): BlobId => {
  blobs += 1;
  return BlobId.parse(uuid('f11e', blobs));
};

/** Fields of a message that most do not have. */
export const plainFields = {
  mentions: [],
  reply: null,
  file: null,
  reactions: [],
  earlier: [],
  editedAt: null,
  deleted: false,
} as const satisfies Partial<MessageRow>;

export function message(
  seq: number,
  who: AccountId,
  text: string,
  at: TimestampMs,
  fields: Partial<MessageRow> = {},
): MessageRow {
  const id = EntryId.parse(crypto.randomUUID());
  return {
    kind: 'message',
    key: id,
    id,
    order: seq,
    seq: seq as Seq,
    device: fakeDevice,
    delivery: 'sent',
    at,
    account: who,
    own: who === me,
    text,
    ...plainFields,
    ...fields,
  };
}

export const targetOf = (row: MessageRow): MessageTarget => ({
  seq: row.seq ?? (0 as Seq),
  device: row.device,
  id: row.id,
});

export const quoteOf = (row: MessageRow): QuoteView => ({
  target: targetOf(row),
  quoted: { account: row.account, text: row.text, file: row.file?.name ?? null, deleted: row.deleted },
});

export const reaction = (emoji: string, ...accounts: readonly AccountId[]): ReactionView => ({ emoji, accounts });

export const notice = (
  seq: number,
  account: AccountId,
  event: NoticeRow['event'],
  at: TimestampMs,
  target?: MessageTarget,
): NoticeRow => ({
  kind: 'notice',
  key: `notice ${seq}`,
  order: seq,
  seq: seq as Seq,
  at,
  event,
  account,
  ...(target && { target }),
});

export const memberChange = (
  seq: number,
  event: MemberRow['event'],
  account: AccountId,
  by: AccountId | null,
  at: TimestampMs,
): MemberRow => ({ kind: 'member', key: `member ${seq}`, order: seq, seq: seq as Seq, at, event, account, by });

export function file(name: string, mediaType: string, bytes: number, fields: Partial<FileView> = {}): FileView {
  return {
    blob: newBlob(),
    name,
    mediaType,
    bytes,
    width: null,
    height: null,
    durationMs: null,
    thumbnail: null,
    answers: [],
    here: false,
    ...fields,
  };
}

export const picture = (
  name: string,
  width: number,
  height: number,
  kind: PictureKind,
  fields: Partial<FileView> = {},
): FileView =>
  file(name, 'image/png', Math.round(width * height * 0.4), {
    width,
    height,
    thumbnail: thumbnail(kind, width, height),
    ...fields,
  });
