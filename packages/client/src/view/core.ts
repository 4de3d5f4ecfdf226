import type {
  AccountId,
  CreateRoomRequest,
  EntryId,
  ErrorCode,
  HistoryPolicy,
  Profile,
  RoomId,
  RoomKind,
  RoomListing,
  Seq,
  TimestampMs,
} from '@undertone/protocol';
import type { TimelineChange, TimelinePage } from './rows.ts';

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
  /** The browser lacks something (secure context, Ed25519, storage); `problem` says what. */
  | 'unsupported';

export interface SessionView {
  readonly phase: SessionPhase;
  readonly me: Profile | null;
  readonly problem: string | null;
}

export interface ConnectionView {
  readonly state: 'offline' | 'connecting' | 'online';
  /** When the next try is due, while offline. */
  readonly retryAt: TimestampMs | null;
}

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
  /** The newest entry that was read here; the 'new' line stands after it. */
  readonly readSeq: Seq;
  readonly lastMessage: { readonly account: AccountId; readonly text: string; readonly at: TimestampMs } | null;
  readonly lastActivityAt: TimestampMs;
  readonly draft: string;
  /**
   * `entering`: keys are on their way; `ready`: one can write; `repairing`: keys did not fit, being mended; `gone`: the server no longer
   * has this account in the room, and what was said stays here until one leaves.
   */
  readonly state: 'entering' | 'ready' | 'repairing' | 'gone';
  /** Members whose identity changed and was not looked at: nothing is sent to a thread until then (SPEC I5). */
  readonly changedIdentities: readonly AccountId[];
  /** Of those, members of a thread that no other member added (SPEC R10). `acknowledgeIdentity` accepts them. */
  readonly strangers?: readonly AccountId[];
}

export interface PersonView extends Profile {
  /** `verified`: safety numbers were compared; `changed`: a new identity that was not looked at yet. */
  readonly trust: 'known' | 'verified' | 'changed';
}

export interface Snapshot {
  readonly session: SessionView;
  readonly connection: ConnectionView;
  readonly rooms: readonly RoomView[];
  readonly people: readonly PersonView[];
  readonly online: readonly AccountId[];
}

/** What changed. A view applies it to its snapshot. */
export type CoreEvent =
  | { readonly type: 'session'; readonly session: SessionView }
  | { readonly type: 'connection'; readonly connection: ConnectionView }
  | { readonly type: 'rooms'; readonly rooms: readonly RoomView[]; readonly removed: readonly RoomId[] }
  | { readonly type: 'people'; readonly people: readonly PersonView[] }
  | { readonly type: 'presence'; readonly online: readonly AccountId[]; readonly offline: readonly AccountId[] }
  | { readonly type: 'timeline'; readonly change: TimelineChange }
  /** The core started over (another tab took over): drop everything and take this snapshot. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot };

/** A failed call: the code for the program, the sentence for the person. */
export interface CoreFailure {
  readonly code: ErrorCode | 'offline' | 'storage' | 'identity_changed' | 'too_long';
  readonly message: string;
}

/** How identities of oneself and `account` compare. */
export interface IdentityView {
  readonly account: AccountId;
  readonly trust: PersonView['trust'];
  /** 60 digits in groups of five (SPEC I6). */
  readonly safetyNumber: string;
}

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
  /** `keep`: leave keys and history on this browser for the next sign-in; otherwise wipe them. */
  signOut(keep: boolean): Promise<void>;

  /** The newest `limit` rows. Also makes the room's timeline events flow. */
  openTimeline(room: RoomId, limit: number): Promise<TimelinePage>;
  /** The `limit` rows before `order`, fetched from the server where this browser has not got them yet. */
  olderRows(room: RoomId, order: number, limit: number): Promise<TimelinePage>;
  markRead(room: RoomId, seq: Seq): Promise<void>;
  /** Resolves once the message is in the durable outbox (its row has appeared). */
  sendText(room: RoomId, text: string): Promise<EntryId>;
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
  setVerified(account: AccountId, verified: boolean): Promise<void>;
  /** The person looked at a changed identity and goes on with it. */
  acknowledgeIdentity(account: AccountId): Promise<void>;
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
