import { safetyNumber } from '@undertone/identity';
import {
  type AccountId,
  type CreateRoomRequest,
  type EntryId,
  limits,
  type Me,
  type Profile,
  ProtocolError,
  type RoomId,
  type RoomListing,
  type Seq,
} from '@undertone/protocol';
import { textBytes } from './content/document.ts';
import type { RestClient } from './rest/rest-client.ts';
import { toCoreError } from './session/core-errors.ts';
import { type OpenedAccount, openAccount, openOffline, openWithNewKeys } from './session/open-account.ts';
import { platformProblem } from './session/platform.ts';
import { type Platform, RunningSession } from './session/running-session.ts';
import type { Vaults } from './session/vaults.ts';
import {
  type Core,
  CoreError,
  type CoreEvent,
  type IdentityView,
  type PersonView,
  type SessionView,
  type Snapshot,
} from './view/core.ts';
import type { TimelinePage } from './view/rows.ts';

export interface CoreOptions extends Platform {
  readonly rest: RestClient;
  readonly vaults: Vaults;
}

const offline = { state: 'offline', retryAt: null } as const;
/** While nobody could be asked who is signed in, ask again after this long. */
const openRetryMs = 3_000;

/** The client without a face: everything that `Core` promises, in one process. */
export class ClientCore implements Core {
  readonly #options: CoreOptions;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  #session: SessionView = { phase: 'opening', me: null, problem: null };
  #running: RunningSession | null = null;
  /** Opening, signing out and starting anew run one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  #openRetry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: CoreOptions) {
    this.#options = options;
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit = (event: CoreEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };

  #show(session: SessionView): void {
    this.#session = session;
    this.#emit({ type: 'snapshot', snapshot: this.#snapshot() });
  }

  #snapshot(): Snapshot {
    const running = this.#running?.snapshot() ?? { connection: offline, rooms: [], people: [], online: [] };
    return { session: this.#session, ...running };
  }

  async snapshot(): Promise<Snapshot> {
    return this.#snapshot();
  }

  #change(step: () => Promise<void>): Promise<void> {
    const next = this.#changing.then(step, step).catch((error: unknown) => {
      throw toCoreError(error);
    });
    this.#changing = next.catch(() => {});
    return next;
  }

  #stop(): void {
    clearTimeout(this.#openRetry);
    this.#running?.close();
    this.#running = null;
  }

  /** Find out who is signed in and open the keys. */
  sessionChanged(): Promise<void> {
    return this.#change(async () => {
      this.#stop();
      const problem = await platformProblem();
      if (problem !== undefined) return this.#show({ phase: 'unsupported', me: null, problem });
      let me: Me;
      try {
        me = await this.#options.rest.me();
      } catch (error) {
        return await this.#openWithout(error);
      }
      this.#show({ phase: 'opening', me: me.account, problem: null });
      await this.#proceed(me.account, await openAccount(this.#options.rest, this.#options.vaults, me));
    });
  }

  /** Nobody is signed in, or it cannot be known: show what is here while there is no connection. */
  async #openWithout(error: unknown): Promise<void> {
    if (error instanceof ProtocolError && error.code === 'not_signed_in') {
      return this.#show({ phase: 'signed_out', me: null, problem: null });
    }
    const opened = await openOffline(this.#options.vaults);
    if (opened !== undefined) return await this.#proceed(opened.device.record.profile, opened);
    this.#show({ phase: 'opening', me: null, problem: toCoreError(error).message });
    this.#openRetry = setTimeout(() => void this.sessionChanged().catch(() => {}), openRetryMs);
  }

  async #proceed(me: Profile, opened: OpenedAccount): Promise<void> {
    if (opened.kind !== 'ready') return this.#show({ phase: opened.kind, me, problem: null });
    const { rest, vaults } = this.#options;
    this.#running = await RunningSession.start(rest, this.#options, opened.vault, opened.device, {
      emit: this.#emit,
      ended: (reason) => void this.#ended(reason),
    });
    await vaults.setLastAccount(me.id);
    this.#show({ phase: 'ready', me, problem: null });
  }

  /** The server closed the socket for good: look anew where this browser stands. */
  async #ended(reason: 'not_signed_in' | 'replaced' | 'device_required' | 'unsupported_version'): Promise<void> {
    if (reason === 'unsupported_version') {
      this.#show({ ...this.#session, phase: 'unsupported', problem: new ProtocolError(reason).message });
    } else {
      await this.sessionChanged().catch(() => {});
    }
  }

  startAnew(): Promise<void> {
    return this.#change(async () => {
      const { rest, vaults } = this.#options;
      const me = await rest.me();
      this.#stop();
      this.#show({ phase: 'opening', me: me.account, problem: null });
      await this.#proceed(me.account, await openWithNewKeys(rest, vaults, me, true));
    });
  }

  signOut(keep: boolean): Promise<void> {
    return this.#change(async () => {
      const { rest, vaults } = this.#options;
      // After the account was deleted nobody is signed in any more, and its keys are still here.
      const account = this.#session.me?.id ?? (await vaults.lastAccount());
      await rest.signOut().catch((error: unknown) => {
        if (!(error instanceof ProtocolError) || error.code !== 'not_signed_in') throw error;
      });
      this.#stop();
      await vaults.setLastAccount(null);
      if (!keep && account !== null) await vaults.remove(account);
      this.#show({ phase: 'signed_out', me: null, problem: null });
    });
  }

  /** Run a call on the session at work; every failure becomes a `CoreError`. */
  async #use<T>(call: (session: RunningSession) => Promise<T> | T): Promise<T> {
    try {
      // While keys are opened, as when another tab takes over, it is not known yet whose session this is.
      await this.#changing;
      if (this.#running === null) throw new ProtocolError('not_signed_in');
      return await call(this.#running);
    } catch (error) {
      throw toCoreError(error);
    }
  }

  openTimeline = (room: RoomId, limit: number): Promise<TimelinePage> =>
    this.#use((session) => session.room(room).openTimeline(limit));

  olderRows = (room: RoomId, order: number, limit: number): Promise<TimelinePage> =>
    this.#use((session) => session.room(room).olderRows(order, limit));

  markRead = (room: RoomId, seq: Seq): Promise<void> => this.#use((session) => session.room(room).markRead(seq));

  /** `id`: chosen by the caller so that calling again after a lost answer says it once (SPEC L4). */
  sendText = (room: RoomId, text: string, id: EntryId = crypto.randomUUID() as EntryId): Promise<EntryId> =>
    this.#use(async (session) => {
      if (text.trim() === '') throw new ProtocolError('invalid_request');
      if (textBytes(text) > limits.messageTextMaxBytes) {
        throw new CoreError({
          code: 'too_long',
          message: 'A message holds at most 16 KB of text. Shorten it or send it in parts.',
        });
      }
      return await session.room(room).sendText(text, id);
    });

  retrySend = (room: RoomId, id: EntryId): Promise<void> => this.#use((session) => session.room(room).retrySend(id));

  discardSend = (room: RoomId, id: EntryId): Promise<void> =>
    this.#use((session) => session.room(room).discardSend(id));

  saveDraft = (room: RoomId, text: string): Promise<void> => this.#use((session) => session.room(room).saveDraft(text));

  directory = (): Promise<readonly RoomListing[]> =>
    this.#use(async (session) => (await session.rest.directory()).rooms);

  createRoom = (request: CreateRoomRequest): Promise<RoomId> =>
    this.#use(async (session) => {
      const { id } = await session.rest.createRoom(request);
      await session.roomAppeared(id);
      return id;
    });

  joinRoom = (room: RoomId): Promise<void> =>
    this.#use(async (session) => {
      await session.rest.joinRoom(room);
      await session.roomAppeared(room);
    });

  leaveRoom = (room: RoomId): Promise<void> =>
    this.#use(async (session) => {
      await session.rest.leaveRoom(room).catch((error: unknown) => {
        // Not a member any more: what is left to do is done here.
        const gone = error instanceof ProtocolError && (error.code === 'not_member' || error.code === 'unknown_room');
        if (!gone) throw error;
      });
      await session.leftRoom(room);
    });

  startThread = (accounts: readonly AccountId[]): Promise<RoomId> =>
    this.#use((session) => session.startThread(accounts));

  addToThread = (room: RoomId, accounts: readonly AccountId[]): Promise<void> =>
    this.#use((session) => session.room(room).addMembers(accounts));

  searchPeople = (query: string): Promise<readonly PersonView[]> =>
    this.#use(async (session) => {
      const { profiles } = await session.rest.searchPeople(query);
      await session.people.put(profiles);
      return profiles.map((profile) => session.person(profile));
    });

  loadPeople = (accounts: readonly AccountId[]): Promise<void> => this.#use((session) => session.people.load(accounts));

  identity = (account: AccountId): Promise<IdentityView> =>
    this.#use(async ({ identities, me }) => {
      await identities.load([account, me.id]);
      const [mine, theirs] = [identities.root(me.id), identities.root(account)];
      if (mine === undefined || theirs === undefined) throw new ProtocolError('no_key_package');
      const number = await safetyNumber({ account: me.id, root: mine }, { account, root: theirs });
      return { account, trust: identities.trust(account), safetyNumber: number };
    });

  setVerified = (account: AccountId, verified: boolean): Promise<void> =>
    this.#use(({ identities }) => identities.setVerified(account, verified));

  acknowledgeIdentity = (account: AccountId): Promise<void> => this.#use((session) => session.acknowledge(account));

  async reconnect(): Promise<void> {
    if (this.#running === null) await this.sessionChanged();
    else this.#running.reconnect();
  }

  /** Stop all work, as when the process ends. */
  close(): void {
    this.#stop();
  }
}
