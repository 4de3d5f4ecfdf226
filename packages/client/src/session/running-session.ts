import { encodeIdentity, type VerifiedKeyLog } from '@undertone/identity';
import type { SignatureVerifier } from '@undertone/mls';
import { MlsEngine } from '@undertone/mls/profile';
import {
  type AccountId,
  type Profile,
  type RoomId,
  type ServerFrame,
  type ServerFrameOf,
  usernameProblem,
} from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import type { Files } from '../files/file-port.ts';
import type { FileStore } from '../files/file-store.ts';
import { openFiles } from '../files/open-files.ts';
import { IdentityBook } from '../identity/identity-book.ts';
import { KeyPackageStock } from '../identity/key-package-stock.ts';
import { isSkeletonOf } from '../identity/username-skeleton.ts';
import { PeopleBook } from '../people/people-book.ts';
import { PreferenceBook } from '../preferences/preference-book.ts';
import { PresenceBook } from '../presence/presence-book.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { createThread } from '../room/create-thread.ts';
import type { RoomDeps } from '../room/room-deps.ts';
import type { RoomSession } from '../room/room-session.ts';
import { SearchIndex } from '../search/search-index.ts';
import { SocketClient, type SocketEvents, type SocketLike } from '../socket/socket-client.ts';
import { type RoomRecord, vouchedKey } from '../storage/records.ts';
import type { ConnectionView, CoreEvent, PersonView, Preferences, Snapshot } from '../view/index.ts';
import { Activity } from './activity.ts';
import { type Device, ownKeyLog, saveDevice, upgradeKeyLog } from './device.ts';
import { OpenRooms } from './open-rooms.ts';

export interface SessionHooks {
  emit(event: CoreEvent): void;
  ended: SocketEvents['ended'];
}

/** What a session needs of the place where it runs. */
export interface Platform {
  createSocket(): SocketLike;
  /** Where the leaf signatures of large groups are checked; on the session's own thread by default. */
  readonly verifySignatures?: SignatureVerifier;
  /** Where files are kept, for this account; without it there are none. */
  openFileStore?(account: AccountId): Promise<FileStore>;
  /** What goes with uploads where there is no cookie jar. */
  uploadHeaders?(): Record<string, string>;
}

/** What a session is made of. */
interface Books {
  readonly identities: IdentityBook;
  readonly ownLog: VerifiedKeyLog;
  readonly people: PeopleBook;
  readonly preferences: PreferenceBook;
  readonly files: Files;
}

/** A signed-in device at work: its rooms, its contacts, its socket. */
export class RunningSession {
  readonly rest: RestClient;
  readonly vault: Vault;
  readonly #hooks: SessionHooks;
  readonly #rooms: OpenRooms;
  readonly activity: Activity;
  readonly presence: PresenceBook;
  readonly #socket: SocketClient;
  readonly #deps: RoomDeps;
  readonly #stock: KeyPackageStock;
  readonly identities: IdentityBook;
  readonly people: PeopleBook;
  readonly preferences: PreferenceBook;
  readonly files: Files;
  readonly search: SearchIndex;
  #device: Device;
  #connection: ConnectionView = { state: 'connecting', retryAt: null };

  private constructor(
    rest: RestClient,
    platform: Platform,
    vault: Vault,
    device: Device,
    books: Books,
    hooks: SessionHooks,
  ) {
    this.rest = rest;
    this.vault = vault;
    this.#device = device;
    this.#hooks = hooks;
    this.identities = books.identities;
    this.people = books.people;
    this.preferences = books.preferences;
    this.files = books.files;
    this.search = new SearchIndex({
      vault,
      rooms: () => Promise.all([...this.#rooms.all()].map((room) => room.history.coverage())),
      // A room that was left while it was searched holds nothing.
      rows: async (room, order, limit) => (await this.#rooms.find(room)?.history.held(order, limit)) ?? [],
      further: async (room) => (await this.#rooms.find(room)?.history.further()) ?? false,
    });
    this.activity = new Activity((state) => {
      if (this.#socket.online) void this.#socket.request({ type: 'activity', state }).catch(() => {});
    });
    this.presence = new PresenceBook({
      request: (frame) => this.#socket.request(frame),
      isOnline: () => this.#socket.online,
      changed: (change) => hooks.emit({ type: 'presence', ...change }),
    });
    const { account, device: id } = device.record;
    const engine = new MlsEngine({
      signer: device.key,
      identity: encodeIdentity({ account, device: id }),
      authentication: books.identities,
      ...(platform.verifySignatures && { verifySignatures: platform.verifySignatures }),
    });
    this.#stock = new KeyPackageStock(engine, vault, rest);
    this.#socket = new SocketClient(() => platform.createSocket(), {
      connection: (connection) => {
        this.#connection = connection;
        hooks.emit({ type: 'connection', connection });
      },
      hello: (frame) => void this.#hello(frame).catch(() => {}),
      push: (frame) => this.#push(frame),
      ended: (reason) => hooks.ended(reason),
    });
    this.#deps = {
      self: { account, device: id },
      signingKey: device.key.privateKey,
      engine,
      vault,
      identities: books.identities,
      stock: this.#stock,
      keyHead: () => books.ownLog.head,
      claimKeyPackages: (accounts) => rest.claimKeyPackages(accounts),
      request: (frame) => this.#socket.request(frame),
      isOnline: () => this.#socket.online,
      files: books.files,
      preferences: () => books.preferences.current,
      timelineChanged: (change) => {
        this.search.changed(change);
        hooks.emit({ type: 'timeline', change });
      },
      arrived: (room, messages) => hooks.emit({ type: 'arrived', room, messages }),
      typed: (room, account) => hooks.emit({ type: 'typing', room, account }),
      roomChanged: (room) => this.#rooms.changed(room),
    };
    this.#rooms = new OpenRooms(this.#deps, (rooms) => {
      hooks.emit({ type: 'rooms', rooms, removed: [] });
      if (this.#socket.online) void this.people.load(rooms.flatMap((room) => room.members)).catch(() => {});
    });
  }

  /** Open what the vault holds, then connect. */
  static async start(
    rest: RestClient,
    platform: Platform,
    vault: Vault,
    device: Device,
    hooks: SessionHooks,
  ): Promise<RunningSession> {
    // The books report changes to the session, which needs them to be made: they reach it through this variable.
    let session: RunningSession | undefined;
    const own = await ownKeyLog(vault, device);
    const identities = await IdentityBook.open({
      source: rest,
      vault,
      changed: (account) => session?.identityChanged(account),
      isSkeleton: isSkeletonOf,
      self: { device: own.device.record.device, log: own.log },
    });
    const people = await PeopleBook.open(rest, vault, (profiles) => session?.profilesChanged(profiles));
    const preferences = await PreferenceBook.open(vault, (changed) => session?.preferencesChanged(changed));
    const files = await openFiles(rest, platform, vault, device.record.account, {
      isOnline: () => session?.isOnline ?? false,
      changed: (transfers, ended) => hooks.emit({ type: 'transfers', transfers, ended }),
      uploaded: async ({ room, id }, stored) => await session?.findRoom(room)?.files.uploaded(id, stored),
      uploadCancelled: async ({ room, id }) => await session?.findRoom(room)?.files.uploadCancelled(id),
      received: async ({ room, row }) => await session?.findRoom(room)?.files.received(row),
    });
    const books = { identities, ownLog: own.log, people, preferences, files };
    session = new RunningSession(rest, platform, vault, own.device, books, hooks);
    await people.put([device.record.profile]);
    await session.#rooms.restore((await vault.scan<RoomRecord>('rooms')).map(({ value }) => value));
    session.#socket.start();
    return session;
  }

  get me(): Profile {
    return this.people.get(this.#device.record.account) ?? this.#device.record.profile;
  }

  get isOnline(): boolean {
    return this.#socket.online;
  }

  findRoom(id: RoomId): RoomSession | undefined {
    return this.#rooms.find(id);
  }

  room(id: RoomId): RoomSession {
    return this.#rooms.get(id);
  }

  snapshot(): Omit<Snapshot, 'session'> {
    return {
      connection: this.#connection,
      rooms: [...this.#rooms.all()].map((room) => room.view()),
      people: this.people.all().map((profile) => this.person(profile)),
      presence: this.presence.all(),
      transfers: this.files.transfers(),
      preferences: this.preferences.current,
    };
  }

  person(profile: Profile): PersonView {
    const { id } = profile;
    // What stands in the place of a deleted account's username is not one.
    const deleted = usernameProblem(profile.username) !== undefined;
    const username = deleted ? profile.username : (this.identities.username(id) ?? profile.username);
    return { ...profile, username, trust: this.identities.trust(id), alike: this.people.alike(id) };
  }

  preferencesChanged(preferences: Preferences): void {
    this.#hooks.emit({ type: 'preferences', preferences });
    // What others read is shown or hidden, and what was read here may be told now.
    for (const room of this.#rooms.all()) {
      this.#rooms.changed(room.id);
      room.wake();
    }
  }

  profilesChanged(profiles: readonly Profile[]): void {
    this.#hooks.emit({ type: 'people', people: profiles.map((profile) => this.person(profile)) });
  }

  identityChanged(account: AccountId): void {
    const profile = this.people.get(account);
    if (profile !== undefined) this.profilesChanged([profile]);
    for (const room of this.#rooms.all()) {
      if (room.kind === 'thread' && room.members.includes(account)) {
        this.#rooms.changed(room.id);
        room.wake();
      }
    }
  }

  /** This account left the room by itself. */
  async leftRoom(id: RoomId): Promise<void> {
    await this.#closeRoom(id);
    await this.vault.write([{ store: 'meta', key: vouchedKey(id) }]);
    await this.preferences.forget(id);
  }

  /** The person goes on with just this identity: in one thread, or for threads that are started from now on (SPEC V1). */
  async acceptIdentity(room: RoomId | null, account: AccountId, root: string, head: string): Promise<void> {
    if (room === null) await this.identities.accept(account, root, head);
    else await this.room(room).accept(account, root, head);
  }

  async #closeRoom(id: RoomId): Promise<void> {
    if (!(await this.#rooms.erase(id))) return;
    await this.search.forget(id);
    this.#hooks.emit({ type: 'rooms', rooms: [], removed: [id] });
  }

  async #hello(frame: ServerFrameOf<'hello_ok'>): Promise<void> {
    // Someone else's session (a cookie that changed under this one): its rooms say nothing about ours.
    const { account, device } = this.#device.record;
    if (frame.account !== account || frame.device !== device) return;
    this.activity.connected();
    this.presence.connected();
    this.#device = await upgradeKeyLog(this.rest, this.vault, this.#device);
    const present = new Set(frame.rooms.map((room) => room.id));
    for (const room of this.#rooms.all()) if (!present.has(room.id)) await room.disappear();
    for (const room of frame.rooms) await this.#rooms.sync(room);
    await this.#rooms.forgetStrayPending(present);
    this.files.connected();
    void this.#stock.refill().catch(() => {});
    // A contact may have started anew while nobody was listening.
    const contacts = [...this.#rooms.all()].filter((room) => room.kind === 'thread').flatMap((room) => room.members);
    await this.identities.refresh([...new Set(contacts)]).catch(() => {});
  }

  #push(frame: Exclude<ServerFrame, { ref: unknown }>): void {
    switch (frame.type) {
      case 'entries':
        this.#rooms.find(frame.room)?.receive(frame.entries);
        break;
      case 'head':
        this.#rooms.find(frame.room)?.fellBehind(frame.seq);
        break;
      case 'room':
        void this.#rooms.sync(frame.room).catch(() => {});
        break;
      case 'room_gone':
        void this.#rooms
          .find(frame.room)
          ?.disappear()
          .catch(() => {});
        break;
      case 'presence':
        this.presence.pushed(frame);
        break;
      case 'signalled':
        void this.#rooms
          .find(frame.room)
          ?.signalled(frame)
          .catch(() => {});
        break;
      case 'account':
        void this.#accountChanged(frame).catch(() => {});
        break;
      case 'bye':
        // The socket closes next, and its own back-off brings it back.
        break;
      default:
        frame satisfies never;
    }
  }

  async #accountChanged({ profile, root }: ServerFrameOf<'account'>): Promise<void> {
    if (this.people.get(profile.id) !== undefined) await this.people.put([profile]);
    if (profile.id === this.#device.record.account) {
      this.#device = { ...this.#device, record: { ...this.#device.record, profile } };
      await saveDevice(this.vault, this.#device.record);
    }
    if (this.identities.logCount(profile.id) <= root) await this.identities.refresh([profile.id]);
  }

  /** Start a thread with exactly these people, or find the one there is. */
  async startThread(accounts: readonly AccountId[]): Promise<RoomId> {
    const known = this.#rooms.findThread([...accounts, this.#device.record.account]);
    if (known !== undefined) return known.id;
    const others = accounts.filter((account) => account !== this.#device.record.account);
    const id = await createThread(this.#deps, [...new Set(others)]);
    await this.#rooms.appeared(id);
    return id;
  }

  /** Wait until a room that this account has just entered is here (the server's push brings it) and the views know it. */
  roomAppeared(id: RoomId): Promise<void> {
    return this.#rooms.appeared(id);
  }

  reconnect(): void {
    this.#socket.reconnectNow();
  }

  /** Stop all work. The vault is left as it is, closed. */
  close(): void {
    this.activity.close();
    this.presence.close();
    void this.files.close();
    this.search.close();
    this.#socket.stop();
    this.#rooms.close();
    this.vault.close();
  }
}
