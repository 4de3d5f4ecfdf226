import type { AccountId, BlobId, DeviceId, EntryId, RoomId, Seq, TimestampMs } from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';

/** How far a message of one's own is. */
export type Delivery = 'sending' | 'sent' | 'failed';

/** Why a row cannot show what was said (SPEC C4). Each has a sentence in the web app. */
export type UnreadableReason =
  /** Said before this browser had keys; a sealed thread keeps it that way. */
  | 'before_this_browser'
  /** Shared history whose link nobody has posted yet; it may become readable. */
  | 'waiting_for_history'
  /** The sender's signature or device is not right. */
  | 'forged'
  /** The keys did not fit. */
  | 'undecryptable'
  /** Sent by a newer version of the app. */
  | 'newer_version'
  /** The server does not have what was said any more; nobody who was asked to knows whose will that was. */
  | 'erased'
  /** The server keeps it no longer, and this browser never received it (SPEC L9). */
  | 'not_kept'
  /** Sealed for the present epoch with another key than that of this device's group: a fork, or a member who lies (SPEC E5). */
  | 'other_branch';

interface RowBase {
  /** Stable over the row's life (pending, then confirmed); unique in its room. */
  readonly key: string;
  /** Order in the timeline: the seq, or a larger fraction for what is not acknowledged yet. Sort by it. */
  readonly order: number;
  /** Position in the log; null until acknowledged. */
  readonly seq: Seq | null;
  readonly at: TimestampMs;
}

/** One emoji at a message, and who put it there, the first first. */
export interface ReactionView {
  readonly emoji: string;
  readonly accounts: readonly AccountId[];
}

/** What a reply answers, from the reader's own log. */
export interface QuoteView {
  readonly target: MessageTarget;
  /** Null where this browser does not hold that message (from before its time, or not loaded yet), or cannot read it. */
  readonly quoted: {
    readonly account: AccountId;
    readonly text: string;
    /** The name of the file, where it was one. */
    readonly file: string | null;
    readonly deleted: boolean;
  } | null;
}

/** What someone in a thread did with a file that was offered. */
export interface FileAnswerView {
  readonly account: AccountId;
  readonly answer: 'accepted' | 'declined' | 'received';
}

/** A file that was sent. Progress is in the snapshot's `transfers`, by `transferId`. */
export interface FileView {
  /** Null until the upload has begun. */
  readonly blob: BlobId | null;
  /** As its sender named it: may hold anything but is at most 255 bytes; clean it before showing or saving. */
  readonly name: string;
  readonly mediaType: string;
  /** True length of the content. */
  readonly bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly durationMs: number | null;
  /** A small JPEG, PNG or WebP from the sender. */
  readonly thumbnail: Uint8Array<ArrayBuffer> | null;
  /** In threads; one per account that answered. In public rooms files need no answer. */
  readonly answers: readonly FileAnswerView[];
  /** Whether this browser holds all of it, verified to the last byte. */
  readonly here: boolean;
}

/** An earlier text of an edited message. */
export interface EarlierText {
  readonly text: string;
  readonly at: TimestampMs;
}

export interface MessageRow extends RowBase {
  readonly kind: 'message';
  readonly id: EntryId;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly own: boolean;
  /** What was said, after edits; a file's caption, or empty. */
  readonly text: string;
  readonly mentions: readonly AccountId[];
  readonly reply: QuoteView | null;
  readonly file: FileView | null;
  readonly reactions: readonly ReactionView[];
  /** Earlier texts, the oldest first; empty where it was never edited. `at` is when each was said. */
  readonly earlier: readonly EarlierText[];
  /** When it was last edited; null for never. */
  readonly editedAt: TimestampMs | null;
  /** Taken back by its sender: text, file and the rest are gone. */
  readonly deleted: boolean;
  /** Signed by a device of an identity that the account had before this browser first met it: only the server says so. */
  readonly former?: boolean;
  /** One's own, but said by another device of the account: only that one can edit it or take it back. */
  readonly elsewhere?: boolean;
  /** When it was written, by its sender's clock, where that is far from `at`, which is the server's word. */
  readonly writtenAt?: TimestampMs;
  readonly delivery: Delivery;
  /** The sentence of why it failed. */
  readonly failure?: string;
}

export interface UnreadableRow extends RowBase {
  readonly kind: 'unreadable';
  readonly id: EntryId;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly reason: UnreadableReason;
}

export interface NoticeRow extends RowBase {
  readonly kind: 'notice';
  readonly event: 'joined' | 'left' | 'account_removed' | 'started_anew' | 'pinned';
  readonly account: AccountId;
  /** What was pinned. */
  readonly target?: MessageTarget;
}

/** A change of who is in a thread, as its group says (SPEC R10). */
export interface MemberRow extends RowBase {
  readonly kind: 'member';
  /**
   * `added` and `removed` by the member `by`; `entered`: came in from outside, and no member added them; `left`: removed after the
   * server said that they left.
   */
  readonly event: 'added' | 'entered' | 'removed' | 'left';
  readonly account: AccountId;
  readonly by: AccountId | null;
}

/** Something about the room's keys or log that the reader should know. */
export interface SecurityRow extends RowBase {
  readonly kind: 'security';
  readonly event: /** A change of keys was not what it should be and was refused; `account` made it. */
    | 'keys_refused'
    | 'rejoined'
    /** The server says that this account was away for a stretch of the log, which cannot be read. */
    | 'gap'
    | 'repaired'
    /** This browser's storage was set back to an older state, so it entered again. */
    | 'restored'
    /** `account`'s device received something different between `from` and `to` (SPEC E5). */
    | 'different_log'
    /** `account` was added by a last-resort key package: what was said before they return is less protected. */
    | 'last_resort';
  readonly account?: AccountId;
  readonly from?: TimestampMs;
  readonly to?: TimestampMs;
}

export type TimelineRow = MessageRow | UnreadableRow | NoticeRow | MemberRow | SecurityRow;

/** A stretch of a timeline, oldest first. */
export interface TimelinePage {
  readonly rows: readonly TimelineRow[];
  /** Whether there is more before the first row. */
  readonly more: boolean;
}

/** A row that is gone. Not every key tells the place. */
export type RemovedRow = Pick<TimelineRow, 'key' | 'seq'>;

/** Rows of `room` that are new or changed, and those that are gone. */
export interface TimelineChange {
  readonly room: RoomId;
  readonly rows: readonly TimelineRow[];
  readonly removed: readonly RemovedRow[];
}
