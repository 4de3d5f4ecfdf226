import type { AccountId, DeviceId, HistoryPolicy, RoomId, RoomKind, Seq, TimestampMs } from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';

export interface RoomView {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly slug: string | null;
  /** Null for threads: their title is the names of the others. */
  readonly name: string | null;
  readonly topic: string;
  readonly policy: HistoryPolicy;
  /** Everyone in it, oneself included; kept current. */
  readonly members: readonly AccountId[];
  /** Readable messages of others after the read marker. */
  readonly unread: number;
  /** Of those, messages that mention me. */
  readonly unreadMentions: number;
  /** The newest entry that was read here; the 'new' line stands after it. */
  readonly readSeq: Seq;
  readonly lastMessage: {
    readonly account: AccountId;
    readonly text: string;
    /** Its file's name, if it was a file. */
    readonly file: string | null;
    readonly at: TimestampMs;
  } | null;
  readonly lastActivityAt: TimestampMs;
  readonly draft: string;
  /** Newest first. */
  readonly pins: readonly PinView[];
  /** Of a thread: how far the others have received and read (the latter only where both sides show it). */
  readonly receipts: readonly ReceiptView[];
  /**
   * `entering`: keys are on their way; `ready`: one can write; `repairing`: keys did not fit and are being replaced; `gone`: the server no longer
   * has this account in the room, and what was said stays here until one leaves.
   */
  readonly state: 'entering' | 'ready' | 'repairing' | 'gone';
  /** There were messages before those that this browser holds, and the server does not keep them any more (SPEC L9). */
  readonly emptied: boolean;
  /** Of a thread: members that this person has not accepted in it. Nothing is sent, and nobody added, until each is accepted or removed. */
  readonly doubts: readonly DoubtView[];
  /** Devices that received a different log than this one and were not passed over yet (SPEC E5). In a thread nothing is sent until then. */
  readonly differences: readonly DifferenceView[];
}

/** Why a member of a thread is not accepted in it (SPEC V1-V3, K5, K12). */
export interface DoubtView {
  readonly account: AccountId;
  readonly reason: /** Another identity than the one that was in this thread. */
    | 'changed'
    /** No member whom this person has accepted added them. */
    | 'stranger'
    /** They were accepted, and changes were missed since that could have been their removal. */
    | 'missed'
    /** A device goes by their name with a key that is not theirs: it cannot be accepted, only removed. */
    | 'impostor'
    /** The server showed two different versions of their key log. */
    | 'forked'
    /** Their key log has entries that this version does not know. */
    | 'needs_newer';
  /** The identity that `acceptIdentity` accepts, and no other: the root and the newest entry of its key log, in hex. */
  readonly root: string;
  readonly head: string;
}

/** A device whose log of this room differed from this device's (SPEC E5). */
export interface DifferenceView {
  /** For `passDifference`. Names the room's epoch and the device. */
  readonly key: string;
  readonly account: AccountId;
  readonly device: DeviceId;
  /** Between these times, by the server's clock, something was received differently. */
  readonly from: TimestampMs;
  readonly to: TimestampMs;
}

export interface PinView {
  readonly target: MessageTarget;
  readonly by: AccountId;
  readonly at: TimestampMs;
}

export interface ReceiptView {
  readonly account: AccountId;
  /** Everything up to here has arrived. */
  readonly delivered: Seq;
  /** Everything up to here was read. 0 where not known. */
  readonly read: Seq;
}
