import type {
  AccountId,
  BlobId,
  ClientFrame,
  DeviceId,
  EntryId,
  Epoch,
  Generation,
  MessageEntry,
  Profile,
  RoomId,
  RoomState,
  Seq,
  TimestampMs,
} from '@undertone/protocol';
import type { ContentDocument, ContentDocumentOf, MessageTarget } from '../content/document.ts';
import type { RoomView, TimelineRow } from '../view/index.ts';

/** meta/device: who this browser is. */
export interface DeviceRecord {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Whether the server has heard of it. */
  readonly registered: boolean;
  readonly profile: Profile;
  /** The root entry of the account's key log, as this device signed it; absent where an earlier release made the device. */
  readonly logEntry?: Uint8Array<ArrayBuffer>;
  /** Whether the server has that entry. */
  readonly logStored?: boolean;
}

/** rooms/<room>: what this device knows of a room and how far it has followed its log. */
export interface RoomRecord {
  /** The server's view, kept current by the log. */
  readonly room: RoomState;
  /** The last entry that was processed; null until it is known where to begin (a Welcome waits). */
  readonly cursor: Seq | null;
  /** The oldest entry held here; entries from it to `cursor` are all here. */
  readonly first: Seq;
  /** The epoch that the stored MLS state is in; null without one. */
  readonly group: { readonly generation: Generation; readonly epoch: Epoch } | null;
  /** Whether this device was ever in the group: losing it again is a repair. */
  readonly entered: boolean;
  /** The newest epoch that this device held and verified: it enters no older one (SPEC R15). */
  readonly floor: EpochFloor | null;
  /** Where this device stood before the server said that a membership began later, until a member whom it knows is heard there (SPEC R15). */
  readonly jumpedFrom: JumpedFrom | null;
  /** A stretch of the log was passed over, and no row says so yet. */
  readonly gap?: boolean;
  /** What the founder of the present generation signed of its group info (SPEC R13). */
  readonly founding: FoundingRecord | null;
  readonly members: readonly AccountId[];
  /** Of a thread: the identities that are accepted in it (SPEC V1). */
  readonly vouched: readonly Vouched[];
  /** Accounts that were accepted until this device missed a change that could have been their removal (SPEC V2). */
  readonly missed?: readonly AccountId[];
  /** The hash of the log in the present epoch (SPEC E1), where its beginning was read. */
  readonly chain: ChainRecord | null;
  /** Devices whose log differed from this one's, the newest first (SPEC E5). */
  readonly differences: readonly DifferenceRecord[];
  /** Whether this browser's storage was set back while the group was in its present epoch: nothing is sealed in it any more (SPEC R17). */
  readonly setBack: boolean;
  /** When this device last renewed its keys in the group, and where the log was then (SPEC R16). */
  readonly renewed: { readonly at: TimestampMs; readonly seq: Seq } | null;
  /** The entry that began the room's present epoch, as far as it is known here. */
  readonly epochSeq: Seq;
  readonly readSeq: Seq;
  readonly unread: number;
  /** Of those, the ones that mention this account. */
  readonly unreadMentions: number;
  /** The newest thing that someone else said and this device could read: what receipts are about (SPEC C9). */
  readonly heardSeq: Seq;
  /** Of a thread: what the others' receipts say, and what this account's own last one said. */
  readonly receipts: Readonly<Record<AccountId, ReceiptRecord>>;
  /** What was said of pins, also of those that were taken away, the newest first: the newest word on each message counts. */
  readonly pins: readonly PinRecord[];
  readonly lastMessage: (NonNullable<RoomView['lastMessage']> & MessageTarget) | null;
  readonly lastActivityAt: TimestampMs;
  /** Epochs that ended and are not covered by a link yet (SPEC H5). */
  readonly unlinked: readonly (readonly [Generation, Epoch])[];
  /** The server no longer counts this account among the members, though it did not leave: kept, and nothing is sent. */
  readonly gone?: boolean;
  /** Devices of which a link gave a false key: none of theirs covers an epoch any more (SPEC H5). */
  readonly falseLinkers: readonly DeviceId[];
  /** Rows that wait for history. */
  readonly waiting: number;
}

export interface FoundingRecord {
  readonly generation: Generation;
  readonly groupInfoHash: Uint8Array<ArrayBuffer>;
  /** The founder last held the very epoch that this device held then: nothing between can have been missed (SPEC V2). */
  readonly continued: boolean;
}

export interface JumpedFrom {
  readonly cursor: Seq;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly floor: EpochFloor | null;
  /** Who was in the room then. */
  readonly members: readonly AccountId[];
}

/** An identity of an account that is accepted in a thread: the root of its key log, in hex. */
export interface Vouched {
  readonly account: AccountId;
  readonly root: string;
}

/** An epoch that was held, with the SHA-256 of its GroupContext (RFC 9420 §8.1) and its authenticator (§8.7). */
export interface EpochFloor {
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly context: Uint8Array<ArrayBuffer>;
  readonly authenticator: Uint8Array<ArrayBuffer>;
  /** Of a thread: the signatures of its leaf nodes, by which a leaf that is still there is told from one that came back (SPEC V2). */
  readonly leaves: readonly Uint8Array<ArrayBuffer>[];
}

/** Where the hash of an epoch's log stands; the hashes of its entries are beside it, in blocks. */
export interface ChainRecord {
  readonly generation: Generation;
  readonly epoch: Epoch;
  /** The commit or founding that began the epoch. */
  readonly start: Seq;
  readonly startedAt: TimestampMs;
  /** The last hashes of the epochs before, the newest last, as far back as the log was followed without a gap (SPEC E3). */
  readonly ends: readonly Uint8Array<ArrayBuffer>[];
  /** A difference was found in this epoch: what came before it is not compared again. */
  readonly differed?: boolean;
}

/** SPEC E5: `passed` once the person goes on in spite of it. */
export interface DifferenceRecord {
  readonly key: string;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly from: TimestampMs;
  readonly to: TimestampMs;
  readonly passed: boolean;
}

/** How far someone has received and read a thread (SPEC C9). */
export interface ReceiptRecord {
  readonly delivered: Seq;
  readonly read: Seq;
}

/** The newest word of one account on one pin (SPEC C8). `seq`: where that stands; 0 where it is only known from a later document. */
export interface PinRecord {
  readonly target: MessageTarget;
  readonly on: boolean;
  readonly by: AccountId;
  readonly at: TimestampMs;
  readonly seq: Seq;
}

/** What opens the file of a row, and says that it is the one. */
export interface FileSecret {
  readonly blob: BlobId;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly digest: Uint8Array<ArrayBuffer>;
}

/** By what device, under what id and in which epoch of a shared room a message was made: neither is used twice (SPEC L3, L4). */
export interface OriginRecord {
  readonly device: DeviceId;
  readonly id: EntryId;
  readonly generation: Generation;
  readonly epoch: Epoch;
}

/**
 * entries/<room>/<seq>: a row as it was said, and what it is made of while it cannot be read yet. What was done to it since is in
 * `annotations`. Without a row: a document that is not one, kept for its origin.
 */
export interface EntryRecord {
  readonly row: TimelineRow | null;
  readonly sealed?: MessageEntry;
  readonly said?: OriginRecord;
  readonly file?: FileSecret;
}

/** What a document does to the message that it is about (SPEC C5). `hide`: this person does not want to see it. */
export type AnnotationEffect =
  | { readonly kind: 'react'; readonly emoji: string; readonly on: boolean }
  | { readonly kind: 'edit'; readonly text: string; readonly mentions: readonly AccountId[] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'answer'; readonly answer: ContentDocumentOf<'answer'>['answer'] }
  | { readonly kind: 'hide' };

/** annotations/<room>/<seq of the target>/<seq>: what was done to a message, by whom, in the log's order. */
export interface AnnotationRecord {
  readonly target: MessageTarget;
  /** Where the document stands; above every seq while it is not in the log. */
  readonly seq: number;
  readonly at: TimestampMs;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly effect: AnnotationEffect;
}

/** A document on its way out; a file's names what is stored only when it is. */
export type UnsentDocument =
  | ContentDocument
  | (Omit<ContentDocumentOf<'file'>, 'blob' | 'key' | 'digest'> & {
      readonly blob?: undefined;
      readonly key?: undefined;
      readonly digest?: undefined;
    });

/** outbox/<room>/<number>: said, and not yet seen in the log. */
export interface OutboxRecord {
  readonly id: EntryId;
  readonly number: number;
  readonly document: UnsentDocument;
  readonly at: TimestampMs;
  /** Its file is not on the server yet. */
  readonly uploading?: boolean;
  readonly failure?: string;
  /** The body as it was sealed for an epoch; sent again unchanged after a reconnect. */
  readonly sealed?: {
    readonly generation: Generation;
    readonly epoch: Epoch;
    readonly body: Uint8Array<ArrayBuffer>;
  };
}

type Pending<T extends ClientFrame['type']> = Omit<Extract<ClientFrame, { type: T }>, 'ref'>;

/** groups/<room>/pending: a commit of ours that the server may or may not have accepted (SPEC R9). Its state is beside it. */
export interface PendingRecord {
  readonly frame: Pending<'commit'> | Pending<'found'> | Pending<'create_thread'>;
  /** A re-entry after trouble, to be told to the reader. */
  readonly repair: boolean;
  /** Accounts that it adds by a last-resort key package. */
  readonly lastResort?: readonly AccountId[];
}

/** contentKeys/<room>/<generation>/<epoch>: keys claimed for the epoch; the first is the true one where `own`. */
export interface ContentKeyRecord {
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
  readonly own: boolean;
  /** Whose links claim them, where they are not own. */
  readonly by?: readonly DeviceId[];
}

/** keyPackages/<reference>: the private half of a key package. */
export interface KeyPackageRecord {
  readonly keyPackage: Uint8Array<ArrayBuffer>;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly lastResort: boolean;
  /** When its lifetime ends; absent where an earlier release made it. */
  readonly expiresAt?: TimestampMs;
  /** When another one took its place, or it was used though it was a last resort: kept a while for a Welcome that is on its way. */
  readonly retiredAt?: TimestampMs;
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** meta/vouched/<room>: who is accepted in a thread that this device creates, or that was removed from it, for when the room is opened. */
export const vouchedKey = (room: RoomId): string => `vouched/${room}`;
export const entryKey = (room: RoomId, seq: number): string => `${room}/${padded(seq, 16)}`;
/** A further row of the entry at `seq`, after its own; `part` counts from 1. */
export const entryPartKey = (room: RoomId, seq: number, part: number): string =>
  part === 0 ? entryKey(room, seq) : `${entryKey(room, seq)}+${padded(part, 4)}`;
/** groups/<room>/chain/<block>: hashes of the present epoch's log, so many in a record. */
export const chainKey = (room: RoomId, block: number): string => `${room}/chain/${padded(block, 10)}`;
/** `hide` stands before the effects of documents. */
export const annotationKey = (room: RoomId, target: number, seq: number): string =>
  `${room}/${padded(target, 16)}/${padded(seq, 16)}`;
export const outboxKey = (room: RoomId, number: number): string => `${room}/${padded(number, 16)}`;
export const pendingKey = (room: RoomId): string => `${room}/pending`;
/** groups/<room>/mls/<key>: a part of the room's MLS states, under the key that the engine gives it. */
export const groupStateKey = (room: RoomId, key: string): string => `${room}/mls/${key}`;
export const contentKeyKey = (room: RoomId, generation: Generation, epoch: Epoch): string =>
  `${room}/${padded(generation, 10)}/${padded(epoch, 16)}`;
