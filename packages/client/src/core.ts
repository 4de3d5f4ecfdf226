import { safetyNumber } from '@undertone/identity';
import {
  type AccountId,
  type ActivePeople,
  type CreateRoomRequest,
  type EntryId,
  limits,
  type Me,
  type PresenceVisibility,
  type Profile,
  ProtocolError,
  type RoomId,
  type RoomListing,
  type Seq,
  type SessionId,
} from '@undertone/protocol';
import { VaultError } from '@undertone/vault';
import { type MessageTarget, textBytes } from './content/document.ts';
import { removePlainCopies } from './files/plain-copies.ts';
import { OfflineError, type RestClient } from './rest/rest-client.ts';
import { checkFile, checkText } from './session/checks.ts';
import { toCoreError } from './session/core-errors.ts';
import { isDeviceKeySealed } from './session/device-key.ts';
import { IdleClock } from './session/idle-clock.ts';
import { endSession, goOnLeaving, type LeavingOutcome, leave, leavingProblem } from './session/leave.ts';
import { checkPassphrase, readLockIdle, saveLockIdle } from './session/lock-settings.ts';
import { type OpenedAccount, openAccount, openOffline, openWithNewKeys } from './session/open-account.ts';
import { platformProblem } from './session/platform.ts';
import { type Platform, RunningSession } from './session/running-session.ts';
import type { Vaults } from './session/vaults.ts';
import type {
  Core,
  CoreEvent,
  IdentityView,
  LastSeenView,
  LockIdle,
  LockState,
  PersonView,
  SessionView,
  Snapshot,
  TextToSend,
} from './view/core.ts';
import type { FileToSend, FileUsageView } from './view/files.ts';
import { defaultPreferences, type PreferencesChange } from './view/preferences.ts';
import type { MessageRow, TimelinePage } from './view/rows.ts';
import type { SearchCoverage, SearchPage, SearchQuery } from './view/search.ts';

export interface CoreOptions extends Platform {
  readonly rest: RestClient;
  readonly vaults: Vaults;
}

/** What there is to show while nobody's keys are open. */
const nothing: Omit<Snapshot, 'session'> = {
  connection: { state: 'offline', retryAt: null },
  rooms: [],
  people: [],
  presence: [],
  transfers: [],
  preferences: defaultPreferences,
};
/** While nobody could be asked who is signed in, ask again after this long. */
const openRetryMs = 3_000;
/** While the server could not be told that someone left, try again after this long. */
const leaveRetryMs = 15_000;

/** The client without a face: everything that `Core` promises, in one process. */
export class ClientCore implements Core {
  readonly #options: CoreOptions;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  #session: SessionView = { phase: 'opening', me: null, problem: null };
  #running: RunningSession | null = null;
  /** Whose vault waits for a passphrase. */
  #locked: AccountId | null = null;
  #idle: IdleClock | null = null;
  /** The session at the server, as it was last known. */
  #sessionId: SessionId | null = null;
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
    if (session.phase !== 'locked') this.#locked = null;
    if (session.phase === 'signed_out') this.#options.vaults.forgetKeys();
    this.#emit({ type: 'snapshot', snapshot: this.#snapshot() });
  }

  #snapshot(): Snapshot {
    return { session: this.#session, ...(this.#running?.snapshot() ?? nothing) };
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
    this.#idle?.stop();
    this.#idle = null;
    this.#running?.close();
    this.#running = null;
  }

  /** As `#stop`, and nothing of the session's files is open or readable any more. */
  async #end(): Promise<void> {
    const files = this.#running?.files;
    this.#stop();
    await files?.close();
  }

  /** Find out who is signed in and open the keys. */
  sessionChanged(): Promise<void> {
    return this.#change(() => this.#open());
  }

  async #open(): Promise<void> {
    const { rest, vaults } = this.#options;
    this.#stop();
    const problem = await platformProblem();
    if (problem !== undefined) return this.#show({ phase: 'unsupported', me: null, problem });
    const leaving = await vaults.leaving();
    if (leaving !== null) {
      const outcome = await goOnLeaving(rest, vaults, leaving);
      if (!outcome.isRemoved || !outcome.isEnded) return this.#showLeft(outcome);
    }
    let me: Me;
    try {
      me = await rest.me();
    } catch (error) {
      return await this.#openWithout(error);
    }
    this.#sessionId = me.session;
    this.#show({ phase: 'opening', me: me.account, problem: null });
    await this.#proceed(me.account, await openAccount(rest, vaults, me));
  }

  /** Nobody is signed in, or it cannot be known: show what is here while there is no connection. */
  async #openWithout(error: unknown): Promise<void> {
    if (error instanceof ProtocolError && error.code === 'not_signed_in') {
      return this.#show({ phase: 'signed_out', me: null, problem: null });
    }
    const opened = await openOffline(this.#options.vaults);
    if (opened?.kind === 'locked') return await this.#showLocked(opened.account, null);
    if (opened !== undefined) return await this.#proceed(opened.device.record.profile, opened);
    this.#show({ phase: 'opening', me: null, problem: toCoreError(error).message });
    this.#openRetry = setTimeout(() => void this.sessionChanged().catch(() => {}), openRetryMs);
  }

  async #proceed(me: Profile, opened: OpenedAccount): Promise<void> {
    if (opened.kind === 'locked') return await this.#showLocked(me.id, me);
    if (opened.kind !== 'ready') return this.#show({ phase: opened.kind, me, problem: null });
    const { rest, vaults } = this.#options;
    this.#running = await RunningSession.start(rest, this.#options, opened.vault, opened.device, {
      emit: this.#emit,
      ended: (reason) => void this.#ended(reason),
    });
    await vaults.setLastAccount(me.id, this.#sessionId);
    if (await vaults.keeper(me.id).isLockOn()) this.#watchIdle(await readLockIdle(opened.vault));
    this.#show({ phase: 'ready', me, problem: null });
  }

  /** Nothing readable may lie beside a locked vault, whatever a crash left. */
  async #showLocked(account: AccountId, me: Profile | null): Promise<void> {
    const store = await this.#options.openFileStore?.(account).catch(() => undefined);
    const problem = store === undefined ? null : await removePlainCopies(store);
    this.#show({ phase: 'locked', me, problem });
    this.#locked = account;
  }

  #watchIdle(minutes: LockIdle): void {
    this.#idle?.stop();
    this.#idle = minutes === null ? null : new IdleClock(minutes, () => void this.lockNow().catch(() => {}));
  }

  #showLeft(outcome: LeavingOutcome): void {
    this.#show({ phase: 'signed_out', me: null, problem: leavingProblem(outcome) });
    if (outcome.isEnded && outcome.isRemoved) return;
    clearTimeout(this.#openRetry);
    this.#openRetry = setTimeout(() => void this.sessionChanged().catch(() => {}), leaveRetryMs);
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
      if (keep) {
        await endSession(rest);
        await this.#end();
        await vaults.setLastAccount(null);
        return this.#show({ phase: 'signed_out', me: null, problem: null });
      }
      // After the account was deleted nobody is signed in any more, and its keys are still here.
      const account = this.#session.me?.id ?? this.#locked ?? (await vaults.lastAccount());
      const session = this.#sessionId ?? (await vaults.lastSession());
      await this.#end();
      this.#showLeft(await leave(rest, vaults, { account, session }));
    });
  }

  lockState = (): Promise<LockState> =>
    this.#use(async ({ vault, me }) => ({
      on: await this.#options.vaults.keeper(me.id).isLockOn(),
      idleMinutes: await readLockIdle(vault),
      signingKeyWrapped: await isDeviceKeySealed(vault),
    }));

  setLock = async ({ passphrase, idleMinutes }: Parameters<Core['setLock']>[0]): Promise<void> => {
    await this.#use(async ({ vault, me }) => {
      checkPassphrase(passphrase);
      if (await this.#options.vaults.keeper(me.id).isLockOn()) throw new ProtocolError('invalid_request');
      await saveLockIdle(vault, idleMinutes);
    });
    await this.#rekey(passphrase);
  };

  setLockIdle = (idleMinutes: LockIdle): Promise<void> =>
    this.#use(async ({ vault, me }) => {
      await saveLockIdle(vault, idleMinutes);
      if (await this.#options.vaults.keeper(me.id).isLockOn()) this.#watchIdle(idleMinutes);
    });

  changeLock = async ({ passphrase, next }: Parameters<Core['changeLock']>[0]): Promise<void> => {
    await this.#use(({ me }) => {
      checkPassphrase(next);
      return this.#options.vaults.keeper(me.id).unlock(passphrase);
    });
    await this.#rekey(next);
  };

  removeLock = async (passphrase: string): Promise<void> => {
    await this.#use(({ me }) => this.#options.vaults.keeper(me.id).unlock(passphrase));
    await this.#rekey(null);
  };

  /** Seal the vault again while nothing uses it. Whether that works or not, the session goes on with the vault that is there. */
  #rekey(passphrase: string | null): Promise<void> {
    return this.#change(async () => {
      const me = this.#running?.me;
      if (me === undefined) throw new ProtocolError('not_signed_in');
      await this.#end();
      this.#show({ phase: 'opening', me, problem: null });
      try {
        await this.#options.vaults.keeper(me.id).rekey(passphrase);
      } finally {
        await this.#open();
      }
    });
  }

  lockNow(): Promise<void> {
    return this.#change(async () => {
      const me = this.#running?.me;
      if (me === undefined || !(await this.#options.vaults.keeper(me.id).isLockOn())) return;
      await this.#end();
      this.#options.vaults.forgetKeys();
      await this.#showLocked(me.id, me);
    });
  }

  unlock(passphrase: string): Promise<void> {
    return this.#change(async () => {
      // Another tab may have been faster.
      if (this.#locked === null) return;
      await this.#options.vaults.keeper(this.#locked).unlock(passphrase);
      await this.#open();
    });
  }

  /** Run a call on the session at work; every failure becomes a `CoreError`. */
  async #use<T>(call: (session: RunningSession) => Promise<T> | T): Promise<T> {
    try {
      // While keys are opened, as when another tab takes over, it is not known yet whose session this is.
      await this.#changing;
      if (this.#locked !== null) throw new VaultError('locked');
      if (this.#running === null) throw new ProtocolError('not_signed_in');
      return await call(this.#running);
    } catch (error) {
      throw toCoreError(error);
    }
  }

  openTimeline = (room: RoomId, limit: number): Promise<TimelinePage> =>
    this.#use((session) => session.room(room).history.newest(limit));

  olderRows = (room: RoomId, order: number, limit: number): Promise<TimelinePage> =>
    this.#use((session) => session.room(room).history.older(order, limit));

  markRead = (room: RoomId, seq: Seq): Promise<void> => this.#use((session) => session.room(room).markRead(seq));

  sendText = (room: RoomId, message: TextToSend): Promise<EntryId> =>
    this.#use((session) => {
      checkText(message.text);
      return session.room(room).messages.sendText(message);
    });

  editText = (room: RoomId, target: MessageTarget, text: string, mentions: readonly AccountId[]): Promise<void> =>
    this.#use((session) => {
      checkText(text);
      return session.room(room).messages.editText(target, text, mentions);
    });

  deleteMessage = (room: RoomId, target: MessageTarget, from: 'me' | 'everyone'): Promise<void> =>
    this.#use((session) => session.room(room).messages.deleteMessage(target, from));

  react = (room: RoomId, target: MessageTarget, emoji: string, on: boolean): Promise<void> =>
    this.#use((session) => {
      if (emoji === '' || textBytes(emoji) > limits.reactionMaxBytes) throw new ProtocolError('invalid_request');
      return session.room(room).messages.react(target, emoji, on);
    });

  pin = (room: RoomId, target: MessageTarget, on: boolean): Promise<void> =>
    this.#use((session) => session.room(room).messages.pin(target, on));

  messages = (room: RoomId, targets: readonly MessageTarget[]): Promise<readonly MessageRow[]> =>
    this.#use((session) => session.room(room).messages.at(targets));

  typing = (room: RoomId): Promise<void> => this.#use((session) => session.room(room).typing());

  sendFile = (room: RoomId, file: FileToSend): Promise<EntryId> =>
    this.#use((session) => {
      checkFile(file);
      return session.room(room).files.send(file);
    });

  acceptFile = (room: RoomId, target: MessageTarget): Promise<void> =>
    this.#use((session) => session.room(room).files.accept(target));

  declineFile = (room: RoomId, target: MessageTarget): Promise<void> =>
    this.#use((session) => session.room(room).files.decline(target));

  openFile = (room: RoomId, target: MessageTarget): Promise<Blob> =>
    this.#use((session) => session.room(room).files.open(target));

  cancelTransfer = (id: string): Promise<void> => this.#use(({ files }) => files.cancel(id));

  resumeTransfer = (id: string): Promise<void> => this.#use(({ files }) => files.resume(id));

  fileUsage = (): Promise<FileUsageView> => this.#use(({ files }) => files.usage());

  search = (query: SearchQuery): Promise<SearchPage> => this.#use(({ search }) => search.search(query));

  searchFurther = (rooms: readonly RoomId[]): Promise<SearchCoverage> =>
    this.#use(({ search }) => search.further(rooms));

  setPreferences = (change: PreferencesChange): Promise<void> =>
    this.#use(({ preferences }) => preferences.change(change));

  presenceVisibility = (): Promise<PresenceVisibility> => this.#use(async ({ rest }) => (await rest.me()).presence);

  setPresenceVisibility = (presence: PresenceVisibility): Promise<void> =>
    this.#use(async ({ rest }) => void (await rest.updateProfile({ presence })));

  active = (): Promise<void> =>
    this.#use(({ activity }) => {
      this.#idle?.touch();
      activity.active();
    });

  watch = (view: string, accounts: readonly AccountId[]): Promise<void> =>
    this.#use(({ presence }) => presence.watch(view, accounts));

  activePeople = (room: RoomId | null, after: string | null): Promise<ActivePeople> =>
    this.#use(async ({ rest, people }) => {
      const page = await rest.activePeople(room, after);
      await people.load(page.people.map(({ account }) => account));
      return page;
    });

  lastSeen = (accounts: readonly AccountId[]): Promise<readonly LastSeenView[]> =>
    this.#use(async ({ rest }) => (accounts.length === 0 ? [] : (await rest.lastSeen(accounts)).lastSeen));

  retrySend = (room: RoomId, id: EntryId): Promise<void> =>
    this.#use((session) => session.room(room).messages.retrySend(id));

  discardSend = (room: RoomId, id: EntryId): Promise<void> =>
    this.#use((session) => session.room(room).messages.discardSend(id));

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
      // What the server has by now, where it can be asked.
      await identities.refresh([account, me.id]).catch((error: unknown) => {
        if (!(error instanceof OfflineError)) throw error;
      });
      const [mine, theirs] = [identities.pinned(me.id), identities.shown(account)];
      if (mine === undefined || theirs === undefined) throw new ProtocolError('no_key_package');
      const { log, root, head } = theirs;
      const number = await safetyNumber({ account: me.id, root: mine.root }, { account, root: log.root });
      const trust = identities.trust(account);
      return { account, trust, root, head, username: log.username, safetyNumber: number };
    });

  setVerified = (account: AccountId, root: string, verified: boolean): Promise<void> =>
    this.#use(({ identities }) => identities.setVerified(account, root, verified));

  acceptIdentity = (room: RoomId | null, account: AccountId, root: string, head: string): Promise<void> =>
    this.#use((session) => session.acceptIdentity(room, account, root, head));

  passDifference = (room: RoomId, key: string): Promise<void> =>
    this.#use((session) => session.room(room).passDifference(key));

  removeFromThread = (room: RoomId, account: AccountId): Promise<void> =>
    this.#use((session) => session.room(room).removeMember(account));

  async reconnect(): Promise<void> {
    if (this.#locked !== null) return;
    if (this.#running === null) await this.sessionChanged();
    else this.#running.reconnect();
  }

  /** Stop all work, as when the process ends. */
  close(): void {
    this.#stop();
  }
}
