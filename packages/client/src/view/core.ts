import type {
  AccountId,
  ActivePeople,
  CreateRoomRequest,
  EntryId,
  ErrorCode,
  PresenceVisibility,
  Profile,
  RoomId,
  RoomListing,
  Seq,
  TimestampMs,
} from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';
import type { FileToSend, FileUsageView, TransferView } from './files.ts';
import type { Preferences, PreferencesChange } from './preferences.ts';
import type { RoomView } from './room.ts';
import type { MessageRow, TimelineChange, TimelinePage } from './rows.ts';
import type { SearchCoverage, SearchPage, SearchQuery } from './search.ts';

/** Where this browser stands with the account that is signed in. */
export type SessionPhase =
  /** Nobody is signed in. */
  | 'signed_out'
  /** Signed in; keys are being read or made. */
  | 'opening'
  /** Signed in, but this browser has no keys of this account, which has a device elsewhere. `startAnew` goes on. */
  | 'no_keys'
  /** Like `no_keys`, but this browser once had them: its storage was cleared. */
  | 'keys_lost'
  /** The account was started anew on another browser; this one's keys no longer count. */
  | 'replaced'
  | 'ready'
  /** The keys are here, under a passphrase. `unlock` goes on. `me` is null where the server could not be asked who it is. */
  | 'locked'
  /** The browser lacks something (secure context, Ed25519, storage); `problem` says what. */
  | 'unsupported';

export interface SessionView {
  readonly phase: SessionPhase;
  readonly me: Profile | null;
  /** What went wrong, in a sentence. With `signed_out`: what of signing out is left to do. */
  readonly problem: string | null;
}

export interface ConnectionView {
  readonly state: 'offline' | 'connecting' | 'online';
  /** When the next try is due, while offline. */
  readonly retryAt: TimestampMs | null;
}

/** `username` is the one in the person's signed key log, where that is known (SPEC K10). */
export interface PersonView extends Profile {
  /** `verified`: safety numbers were compared; `changed`: a new identity that was not looked at yet. */
  readonly trust: 'known' | 'verified' | 'changed';
  /** Their display name looks like the name of another person that this browser knows: show the username with it. */
  readonly alike: boolean;
}

/** `away`: connected, but nobody has been at their browser for a while. `unknown`: not watched, or not to be learned now. */
export type PresenceState = 'online' | 'away' | 'offline' | 'unknown';

/** Each account whose presence changed, in the list of its new state. */
export type PresenceChange = { readonly [State in PresenceState]: readonly AccountId[] };

export interface Snapshot {
  readonly session: SessionView;
  readonly connection: ConnectionView;
  readonly rooms: readonly RoomView[];
  readonly people: readonly PersonView[];
  /** Of those whom some view watches; of others nothing is known. */
  readonly presence: readonly (readonly [AccountId, PresenceState])[];
  readonly transfers: readonly TransferView[];
  readonly preferences: Preferences;
}

/** What changed. A view applies it to its snapshot. */
export type CoreEvent =
  | { readonly type: 'session'; readonly session: SessionView }
  | { readonly type: 'connection'; readonly connection: ConnectionView }
  | { readonly type: 'rooms'; readonly rooms: readonly RoomView[]; readonly removed: readonly RoomId[] }
  | { readonly type: 'people'; readonly people: readonly PersonView[] }
  | ({ readonly type: 'presence' } & PresenceChange)
  /** Someone types (again); it holds for `typingMs`, or until they say something. */
  | { readonly type: 'typing'; readonly room: RoomId; readonly account: AccountId }
  /** Messages of others that were not here before, newest last, as they arrive or are caught up with. For notifications. */
  | { readonly type: 'arrived'; readonly room: RoomId; readonly messages: readonly MessageRow[] }
  /** Transfers that changed, and the ids of those that are over. */
  | { readonly type: 'transfers'; readonly transfers: readonly TransferView[]; readonly ended: readonly string[] }
  | { readonly type: 'preferences'; readonly preferences: Preferences }
  | { readonly type: 'timeline'; readonly change: TimelineChange }
  /** The core started over (another tab took over): drop everything and take this snapshot. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot };

/** A failed call: the code for the program, the sentence for the person. */
export interface CoreFailure {
  readonly code:
    | ErrorCode
    | 'offline'
    | 'storage'
    | 'storage_full_here'
    | 'locked'
    | 'wrong_passphrase'
    | 'weak_passphrase'
    | 'identity_changed'
    | 'too_long'
    | 'too_many'
    | 'empty_file'
    | 'file_damaged'
    | 'file_unreadable';
  readonly message: string;
}

/** How identities of oneself and `account` compare. */
export interface IdentityView {
  readonly account: AccountId;
  readonly trust: PersonView['trust'];
  /** Of the identity that the number shows: root and newest key log entry in hex, for `setVerified` and `acceptIdentity`. */
  readonly root: string;
  readonly head: string;
  /** From the signed key log; null in logs of version 1. */
  readonly username: string | null;
  /** 60 digits in groups of five (SPEC I6). */
  readonly safetyNumber: string;
}

/** A text on its way out. `id` is chosen by the caller, so that calling again after a lost answer says it once (SPEC L4). */
export interface TextToSend {
  readonly id: EntryId;
  readonly text: string;
  readonly reply?: MessageTarget;
  readonly mentions?: readonly AccountId[];
}

export interface LastSeenView {
  readonly account: AccountId;
  /** To the minute; null where it is not shown. */
  readonly at: TimestampMs | null;
}

/** After how many minutes without input this browser locks; null: when its last tab is closed. */
export type LockIdle = (typeof lockIdleMinutes)[number] | null;
export const lockIdleMinutes = [5, 15, 60, 240] as const;

/** The lock of this browser's keys and messages. */
export interface LockState {
  readonly on: boolean;
  readonly idleMinutes: LockIdle;
  /**
   * Whether the lock holds the signing key too. Not where the key was made before locks were: someone who copies the browser's files can
   * read it then, until keys are made new.
   */
  readonly signingKeyWrapped: boolean;
}

/** How long a `typing` event holds, in milliseconds. */
export const typingMs = 6_000;

/**
 * All that a view can ask of the core. Every call may reject with a `CoreError`. One core runs per browser profile; any number
 * of tabs use it.
 */
export interface CoreCalls {
  snapshot(): Promise<Snapshot>;
  /** After sign-in or sign-up by REST in a tab: read who is signed in and open the keys. */
  sessionChanged(): Promise<void>;
  /** New keys and a new identity on this browser. */
  startAnew(): Promise<void>;
  /**
   * `keep`: leave keys and history on this browser for the next sign-in, and fail if the server cannot be told. Otherwise they are wiped
   * first, whatever the server says; the session's `problem` then says what could not be done, and it is tried again.
   */
  signOut(keep: boolean): Promise<void>;

  lockState(): Promise<LockState>;
  /** Set a passphrase of at least 8 characters (`weak_passphrase`). Everything is sealed again, which takes a while. */
  setLock(lock: { readonly passphrase: string; readonly idleMinutes: LockIdle }): Promise<void>;
  setLockIdle(idleMinutes: LockIdle): Promise<void>;
  /** Like `removeLock`, this fails with `wrong_passphrase`, and then nothing has changed. */
  changeLock(change: { readonly passphrase: string; readonly next: string }): Promise<void>;
  removeLock(passphrase: string): Promise<void>;
  /** Lock now, in all tabs; nothing happens without a lock. */
  lockNow(): Promise<void>;
  /** Fails with `wrong_passphrase`. */
  unlock(passphrase: string): Promise<void>;

  /** The newest `limit` rows. Also makes the room's timeline events flow. */
  openTimeline(room: RoomId, limit: number): Promise<TimelinePage>;
  /** The `limit` rows before `order`, fetched from the server where this browser has not got them yet. */
  olderRows(room: RoomId, order: number, limit: number): Promise<TimelinePage>;
  markRead(room: RoomId, seq: Seq): Promise<void>;
  /** Resolves once the message is in the durable outbox (its row has appeared). */
  sendText(room: RoomId, message: TextToSend): Promise<EntryId>;
  editText(room: RoomId, target: MessageTarget, text: string, mentions: readonly AccountId[]): Promise<void>;
  /** `everyone`: take back a message of one's own. `me`: hide it on this browser. */
  deleteMessage(room: RoomId, target: MessageTarget, from: 'me' | 'everyone'): Promise<void>;
  react(room: RoomId, target: MessageTarget, emoji: string, on: boolean): Promise<void>;
  pin(room: RoomId, target: MessageTarget, on: boolean): Promise<void>;
  /** These messages as this browser holds them; those that it does not hold are left out. */
  messages(room: RoomId, targets: readonly MessageTarget[]): Promise<readonly MessageRow[]>;
  /** The person types here. Call at every key: it tells the others seldom enough, and only if the preferences say so. */
  typing(room: RoomId): Promise<void>;

  /** Resolves once the file is in the durable outbox (its row has appeared); transfers tell the rest. */
  sendFile(room: RoomId, file: FileToSend): Promise<EntryId>;
  /** Accept an offer (threads) or fetch (public rooms): downloads, verifies, and keeps it encrypted on this browser. */
  acceptFile(room: RoomId, target: MessageTarget): Promise<void>;
  declineFile(room: RoomId, target: MessageTarget): Promise<void>;
  /** Stop a transfer: an upload's message disappears, a download can be begun again. */
  cancelTransfer(id: string): Promise<void>;
  /** Try a failed transfer again. */
  resumeTransfer(id: string): Promise<void>;
  /** The decrypted content of a file that is `here`, with its media type; backed by disk where it is large. */
  openFile(room: RoomId, target: MessageTarget): Promise<Blob>;
  fileUsage(): Promise<FileUsageView>;

  /** What was said, as far as this browser holds it (SPEC: nothing leaves it). */
  search(query: SearchQuery): Promise<SearchPage>;
  /** Fetch more history of these rooms (all where empty), so that it can be searched. Resolves with what is covered then. */
  searchFurther(rooms: readonly RoomId[]): Promise<SearchCoverage>;

  setPreferences(change: PreferencesChange): Promise<void>;
  setPresenceVisibility(visibility: PresenceVisibility): Promise<void>;
  presenceVisibility(): Promise<PresenceVisibility>;
  /** Someone is at this browser. Call on input, at most every few seconds; silence for five minutes is 'away'. */
  active(): Promise<void>;
  /**
   * This view shows the presence of these from now on, in place of those before (SPEC P3). Call it again within a minute, also when
   * nothing changed: a view that stays silent for three minutes is taken for closed. After a `snapshot` event, call it at once.
   */
  watch(view: string, accounts: readonly AccountId[]): Promise<void>;
  /** A page of those who are there now, on the server or in a room that one is in; `after` is the `next` of the page before. */
  activePeople(room: RoomId | null, after: string | null): Promise<ActivePeople>;
  /** When accounts that are offline were last there, as far as they show it. */
  lastSeen(accounts: readonly AccountId[]): Promise<readonly LastSeenView[]>;

  retrySend(room: RoomId, id: EntryId): Promise<void>;
  discardSend(room: RoomId, id: EntryId): Promise<void>;
  saveDraft(room: RoomId, text: string): Promise<void>;

  directory(): Promise<readonly RoomListing[]>;
  createRoom(request: CreateRoomRequest): Promise<RoomId>;
  joinRoom(room: RoomId): Promise<void>;
  /** Leave a room or thread; the room disappears, its local history too. */
  leaveRoom(room: RoomId): Promise<void>;
  /** Start a thread, or find the one with exactly these people. */
  startThread(accounts: readonly AccountId[]): Promise<RoomId>;
  addToThread(room: RoomId, accounts: readonly AccountId[]): Promise<void>;

  searchPeople(query: string): Promise<readonly PersonView[]>;
  /** Make sure that these are among the snapshot's people (a `people` event follows for new ones). */
  loadPeople(accounts: readonly AccountId[]): Promise<void>;
  identity(account: AccountId): Promise<IdentityView>;
  /** The number of just this root was compared, or the mark is taken off. Fails with `identity_changed` if the root is not the present one. */
  setVerified(account: AccountId, root: string, verified: boolean): Promise<void>;
  /**
   * The person goes on with just this identity: in one thread, or (null) for threads that are started from now on. Fails with
   * `identity_changed` if it is not the present one.
   */
  acceptIdentity(room: RoomId | null, account: AccountId, root: string, head: string): Promise<void>;
  /** Go on in spite of a difference (SPEC E5). */
  passDifference(room: RoomId, key: string): Promise<void>;
  /** Remove an account from a thread; everyone sees who did it. Resolves when the server has accepted the commit. */
  removeFromThread(room: RoomId, account: AccountId): Promise<void>;
  /** Try to connect now instead of waiting for the back-off. */
  reconnect(): Promise<void>;
}

/** The core as a tab sees it. */
export interface Core extends CoreCalls {
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void;
}

/** A failed core call, on either side of the tab channel. */
export class CoreError extends Error {
  readonly code: CoreFailure['code'];

  constructor(failure: CoreFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'CoreError';
    this.code = failure.code;
  }
}
