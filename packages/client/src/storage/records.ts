import type {
  AccountId,
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
import type { RoomView, TimelineRow } from '../view/index.ts';

/** meta/device: who this browser is. */
export interface DeviceRecord {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Whether the server has heard of it. */
  readonly registered: boolean;
  readonly profile: Profile;
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
  readonly members: readonly AccountId[];
  /** Of a thread: accounts that were in it when this device came, or that a member's commit added since (SPEC R10). */
  readonly vouched: readonly AccountId[];
  /** The entry that began the room's present epoch, as far as it is known here. */
  readonly epochSeq: Seq;
  readonly readSeq: Seq;
  readonly unread: number;
  readonly lastMessage: RoomView['lastMessage'];
  readonly lastActivityAt: TimestampMs;
  /** Epochs that ended and are not covered by a link yet (SPEC H5). */
  readonly unlinked: readonly (readonly [Generation, Epoch])[];
  /** The server no longer counts this account among the members, though it did not leave: kept, and nothing is sent. */
  readonly gone?: boolean;
  /** Rows that wait for history. */
  readonly waiting: number;
}

/** entries/<room>/<seq>: a row, and what it is made of while it cannot be read yet. */
export interface EntryRecord {
  readonly row: TimelineRow;
  readonly sealed?: MessageEntry;
}

/** outbox/<room>/<number>: said, and not yet seen in the log. */
export interface OutboxRecord {
  readonly id: EntryId;
  readonly number: number;
  readonly text: string;
  readonly at: TimestampMs;
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
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** meta/vouched/<room>: `vouched` of a thread that the server took away, for when it gives it back. */
export const vouchedKey = (room: RoomId): string => `vouched/${room}`;
export const entryKey = (room: RoomId, seq: number): string => `${room}/${padded(seq, 16)}`;
export const outboxKey = (room: RoomId, number: number): string => `${room}/${padded(number, 16)}`;
export const pendingKey = (room: RoomId): string => `${room}/pending`;
/** groups/<room>/mls/<key>: a part of the room's MLS states, under the key that the engine gives it. */
export const groupStateKey = (room: RoomId, key: string): string => `${room}/mls/${key}`;
export const contentKeyKey = (room: RoomId, generation: Generation, epoch: Epoch): string =>
  `${room}/${padded(generation, 10)}/${padded(epoch, 16)}`;
