import type { AccountId, DeviceId, EntryId, RoomId, Seq, TimestampMs } from '@undertone/protocol';

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
  | 'newer_version';

interface RowBase {
  /** Stable over the row's life (pending, then confirmed); unique in its room. */
  readonly key: string;
  /** Order in the timeline: the seq, or a larger fraction for what is not acknowledged yet. Sort by it. */
  readonly order: number;
  /** Position in the log; null until acknowledged. */
  readonly seq: Seq | null;
  readonly at: TimestampMs;
}

export interface MessageRow extends RowBase {
  readonly kind: 'message';
  readonly id: EntryId;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly own: boolean;
  readonly text: string;
  /** Signed by a device of an identity that the account had before this browser first met it: only the server says so. */
  readonly former?: boolean;
  readonly delivery: Delivery;
  /** The sentence of why it failed. */
  readonly failure?: string;
}

export interface UnreadableRow extends RowBase {
  readonly kind: 'unreadable';
  readonly account: AccountId;
  readonly reason: UnreadableReason;
}

export interface NoticeRow extends RowBase {
  readonly kind: 'notice';
  readonly event: 'joined' | 'left' | 'account_removed' | 'started_anew';
  readonly account: AccountId;
}

/** Something about the room's keys that the reader should know. */
export interface SecurityRow extends RowBase {
  readonly kind: 'security';
  readonly event: 'keys_refused' | 'rejoined' | 'repaired';
}

export type TimelineRow = MessageRow | UnreadableRow | NoticeRow | SecurityRow;

/** A stretch of a timeline, oldest first. */
export interface TimelinePage {
  readonly rows: readonly TimelineRow[];
  /** Whether there is more before the first row. */
  readonly more: boolean;
}

/** Rows of `room` that are new or changed, and keys of rows that are gone. */
export interface TimelineChange {
  readonly room: RoomId;
  readonly rows: readonly TimelineRow[];
  readonly removed: readonly string[];
}
