import { safetyNumber } from '@undertone/identity';
import {
  type AccountId,
  type ActivePeople,
  type CreateRoomRequest,
  type EntryId,
  limits,
  type PresenceVisibility,
  ProtocolError,
  type RoomId,
  type RoomListing,
  type Seq,
} from '@undertone/protocol';
import { type MessageTarget, textBytes } from './content/document.ts';
import { OfflineError } from './rest/rest-client.ts';
import { checkFile, checkText } from './session/checks.ts';
import { KeySession, type KeySessionOptions } from './session/key-session.ts';
import type {
  Core,
  CoreEvent,
  IdentityView,
  LastSeenView,
  LockIdle,
  LockState,
  PersonView,
  Snapshot,
  TextToSend,
} from './view/core.ts';
import type { FileToSend, FileUsageView } from './view/files.ts';
import type { PreferencesChange } from './view/preferences.ts';
import type { MessageRow, TimelinePage } from './view/rows.ts';
import type { SearchCoverage, SearchPage, SearchQuery } from './view/search.ts';

export type CoreOptions = KeySessionOptions;

/** The client without a face: everything that `Core` promises, in one process. */
export class ClientCore implements Core {
  readonly #session: KeySession;

  constructor(options: CoreOptions) {
    this.#session = new KeySession(options);
  }

  subscribe = (listener: (event: CoreEvent) => void): (() => void) => this.#session.subscribe(listener);

  snapshot = async (): Promise<Snapshot> => this.#session.snapshot();

  sessionChanged = (): Promise<void> => this.#session.sessionChanged();

  startAnew = (): Promise<void> => this.#session.startAnew();

  signOut = (keep: boolean): Promise<void> => this.#session.signOut(keep);

  lockState = (): Promise<LockState> => this.#session.lockState();

  setLock = (lock: Parameters<Core['setLock']>[0]): Promise<void> => this.#session.setLock(lock);

  setLockIdle = (idleMinutes: LockIdle): Promise<void> => this.#session.setLockIdle(idleMinutes);

  changeLock = (change: Parameters<Core['changeLock']>[0]): Promise<void> => this.#session.changeLock(change);

  removeLock = (passphrase: string): Promise<void> => this.#session.removeLock(passphrase);

  lockNow = (): Promise<void> => this.#session.lockNow();

  unlock = (passphrase: string): Promise<void> => this.#session.unlock(passphrase);

  reconnect = (): Promise<void> => this.#session.reconnect();

  openTimeline = (room: RoomId, limit: number): Promise<TimelinePage> =>
    this.#session.use((session) => session.room(room).history.newest(limit));

  olderRows = (room: RoomId, order: number, limit: number): Promise<TimelinePage> =>
    this.#session.use((session) => session.room(room).history.older(order, limit));

  markRead = (room: RoomId, seq: Seq): Promise<void> =>
    this.#session.use((session) => session.room(room).markRead(seq));

  sendText = (room: RoomId, message: TextToSend): Promise<EntryId> =>
    this.#session.use((session) => {
      checkText(message.text);
      return session.room(room).messages.sendText(message);
    });

  editText = (room: RoomId, target: MessageTarget, text: string, mentions: readonly AccountId[]): Promise<void> =>
    this.#session.use((session) => {
      checkText(text);
      return session.room(room).messages.editText(target, text, mentions);
    });

  deleteMessage = (room: RoomId, target: MessageTarget, from: 'me' | 'everyone'): Promise<void> =>
    this.#session.use((session) => session.room(room).messages.deleteMessage(target, from));

  react = (room: RoomId, target: MessageTarget, emoji: string, on: boolean): Promise<void> =>
    this.#session.use((session) => {
      if (emoji === '' || textBytes(emoji) > limits.reactionMaxBytes) throw new ProtocolError('invalid_request');
      return session.room(room).messages.react(target, emoji, on);
    });

  pin = (room: RoomId, target: MessageTarget, on: boolean): Promise<void> =>
    this.#session.use((session) => session.room(room).messages.pin(target, on));

  messages = (room: RoomId, targets: readonly MessageTarget[]): Promise<readonly MessageRow[]> =>
    this.#session.use((session) => session.room(room).messages.at(targets));

  typing = (room: RoomId): Promise<void> => this.#session.use((session) => session.room(room).typing());

  sendFile = (room: RoomId, file: FileToSend): Promise<EntryId> =>
    this.#session.use((session) => {
      checkFile(file);
      return session.room(room).files.send(file);
    });

  acceptFile = (room: RoomId, target: MessageTarget): Promise<void> =>
    this.#session.use((session) => session.room(room).files.accept(target));

  declineFile = (room: RoomId, target: MessageTarget): Promise<void> =>
    this.#session.use((session) => session.room(room).files.decline(target));

  openFile = (room: RoomId, target: MessageTarget): Promise<Blob> =>
    this.#session.use((session) => session.room(room).files.open(target));

  cancelTransfer = (id: string): Promise<void> => this.#session.use(({ files }) => files.cancel(id));

  resumeTransfer = (id: string): Promise<void> => this.#session.use(({ files }) => files.resume(id));

  fileUsage = (): Promise<FileUsageView> => this.#session.use(({ files }) => files.usage());

  search = (query: SearchQuery): Promise<SearchPage> => this.#session.use(({ search }) => search.search(query));

  searchFurther = (rooms: readonly RoomId[]): Promise<SearchCoverage> =>
    this.#session.use(({ search }) => search.further(rooms));

  setPreferences = (change: PreferencesChange): Promise<void> =>
    this.#session.use(({ preferences }) => preferences.change(change));

  presenceVisibility = (): Promise<PresenceVisibility> =>
    this.#session.use(async ({ rest }) => (await rest.me()).presence);

  setPresenceVisibility = (presence: PresenceVisibility): Promise<void> =>
    this.#session.use(async ({ rest }) => void (await rest.updateProfile({ presence })));

  active = (): Promise<void> =>
    this.#session.use(({ activity }) => {
      this.#session.touch();
      activity.active();
    });

  watch = (view: string, accounts: readonly AccountId[]): Promise<void> =>
    this.#session.use(({ presence }) => presence.watch(view, accounts));

  activePeople = (room: RoomId | null, after: string | null): Promise<ActivePeople> =>
    this.#session.use(async ({ rest, people }) => {
      const page = await rest.activePeople(room, after);
      await people.load(page.people.map(({ account }) => account));
      return page;
    });

  lastSeen = (accounts: readonly AccountId[]): Promise<readonly LastSeenView[]> =>
    this.#session.use(async ({ rest }) => (accounts.length === 0 ? [] : (await rest.lastSeen(accounts)).lastSeen));

  retrySend = (room: RoomId, id: EntryId): Promise<void> =>
    this.#session.use((session) => session.room(room).messages.retrySend(id));

  discardSend = (room: RoomId, id: EntryId): Promise<void> =>
    this.#session.use((session) => session.room(room).messages.discardSend(id));

  saveDraft = (room: RoomId, text: string): Promise<void> =>
    this.#session.use((session) => session.room(room).saveDraft(text));

  directory = (): Promise<readonly RoomListing[]> =>
    this.#session.use(async (session) => (await session.rest.directory()).rooms);

  createRoom = (request: CreateRoomRequest): Promise<RoomId> =>
    this.#session.use(async (session) => {
      const { id } = await session.rest.createRoom(request);
      await session.roomAppeared(id);
      return id;
    });

  joinRoom = (room: RoomId): Promise<void> =>
    this.#session.use(async (session) => {
      await session.rest.joinRoom(room);
      await session.roomAppeared(room);
    });

  leaveRoom = (room: RoomId): Promise<void> =>
    this.#session.use(async (session) => {
      await session.rest.leaveRoom(room).catch((error: unknown) => {
        // Not a member any more: what is left to do is done here.
        const gone = error instanceof ProtocolError && (error.code === 'not_member' || error.code === 'unknown_room');
        if (!gone) throw error;
      });
      await session.leftRoom(room);
    });

  startThread = (accounts: readonly AccountId[]): Promise<RoomId> =>
    this.#session.use((session) => session.startThread(accounts));

  addToThread = (room: RoomId, accounts: readonly AccountId[]): Promise<void> =>
    this.#session.use((session) => session.room(room).addMembers(accounts));

  searchPeople = (query: string): Promise<readonly PersonView[]> =>
    this.#session.use(async (session) => {
      const { profiles } = await session.rest.searchPeople(query);
      await session.people.put(profiles);
      return profiles.map((profile) => session.person(profile));
    });

  loadPeople = (accounts: readonly AccountId[]): Promise<void> =>
    this.#session.use((session) => session.people.load(accounts));

  identity = (account: AccountId): Promise<IdentityView> =>
    this.#session.use(async ({ identities, me }) => {
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
    this.#session.use(({ identities }) => identities.setVerified(account, root, verified));

  acceptIdentity = (room: RoomId | null, account: AccountId, root: string, head: string): Promise<void> =>
    this.#session.use((session) => session.acceptIdentity(room, account, root, head));

  passDifference = (room: RoomId, key: string): Promise<void> =>
    this.#session.use((session) => session.room(room).passDifference(key));

  removeFromThread = (room: RoomId, account: AccountId): Promise<void> =>
    this.#session.use((session) => session.room(room).removeMember(account));

  /** Stop all work, as when the process ends. */
  close(): void {
    this.#session.close();
  }
}
