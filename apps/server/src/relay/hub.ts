import {
  type AccountId,
  type ClientFrameOf,
  encodeFrame,
  ProtocolError,
  type RoomId,
  type ServerFrame,
} from '@undertone/protocol';
import type { Bus, BusEvent } from '../bus/bus.ts';
import type { LastSeen } from '../presence/last-seen.ts';
import { type Activity, Presence, type PresenceTimes } from '../presence/presence.ts';
import type { PresenceStore } from '../presence/presence-store.ts';
import type { SharedRooms } from '../presence/shared-rooms.ts';
import { type WatchedStates, Watchers } from '../presence/watchers.ts';
import type { RoomRepository } from '../rooms/room-repository.ts';
import type { Connection } from './connection.ts';
import { Recheck, type Sessions } from './recheck.ts';
import { RoomSockets } from './room-sockets.ts';

export interface HubOptions {
  readonly bus: Bus;
  readonly rooms: RoomRepository;
  readonly sessions: Sessions;
  readonly presence: PresenceTimes;
  readonly presenceStore: PresenceStore;
  readonly shared: SharedRooms;
  readonly lastSeen: LastSeen;
  readonly onError: (error: unknown) => void;
}

/** After a database that failed. */
const tellAgainMs = 1_000;

/** The sockets of this process, and what of the bus goes to which of them. */
export class Hub {
  readonly #bus: Bus;
  readonly #rooms: RoomRepository;
  readonly #onError: (error: unknown) => void;
  readonly #connections = new Set<Connection>();
  readonly #byAccount = new Map<AccountId, Set<Connection>>();
  readonly #byRoom = new Map<RoomId, RoomSockets>();
  readonly #presence: Presence;
  readonly #watchers: Watchers;
  readonly #shared: SharedRooms;
  readonly #lastSeen: LastSeen;
  readonly #recheck: Recheck;
  readonly #unsubscribe: () => void;

  constructor({ bus, rooms, sessions, presence, presenceStore, shared, lastSeen, onError }: HubOptions) {
    this.#bus = bus;
    this.#lastSeen = lastSeen;
    this.#rooms = rooms;
    this.#onError = onError;
    this.#shared = shared;
    this.#presence = new Presence(presence, (changes) => presenceStore.report(changes));
    this.#watchers = new Watchers(presenceStore);
    this.#recheck = new Recheck({
      rooms,
      sessions,
      lastSeen,
      connections: () => this.#connections,
      tell: (event) => this.#handle(event),
      onError,
    });
    this.#unsubscribe = bus.subscribe((event) => this.#handle(event));
  }

  get sockets(): number {
    return this.#connections.size;
  }

  /** Bytes that wait for peers. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const connection of this.#connections) bytes += connection.waitingBytes;
    return bytes;
  }

  /** Rooms that someone is connected to. */
  get rooms(): number {
    return this.#byRoom.size;
  }

  /** Take a socket in, before it has said hello: from now on it misses nothing of its account. */
  add(connection: Connection): void {
    this.#connections.add(connection);
    const ofAccount = this.#byAccount.get(connection.account) ?? new Set();
    this.#byAccount.set(connection.account, ofAccount.add(connection));
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const ofAccount = this.#byAccount.get(connection.account);
    ofAccount?.delete(connection);
    if (ofAccount?.size === 0) this.#byAccount.delete(connection.account);
    for (const room of connection.rooms) this.#letGo(connection, room);
    this.#watchers.remove(connection);
    if (connection.greeted && this.#presence.remove(connection.account, connection)) {
      this.#lastSeen.note(connection.account);
    }
  }

  /**
   * Answer hello. The rooms' entries are held before their states are read, so nothing falls between; what the read has already
   * seen is dropped from what was held.
   */
  async greet(connection: Connection, ref: number): Promise<void> {
    const hidden = await this.#lastSeen.isHidden(connection.account);
    const ids = await this.#rooms.ids(connection.account);
    // Gone meanwhile: nobody would let go of its rooms.
    if (!this.#connections.has(connection)) return;
    for (const room of ids) this.#hold(connection, room);
    await this.#bus.follow(ids);
    const states = await this.#rooms.states(connection, ids);
    if (!this.#connections.has(connection)) return;
    const { account, device } = connection;
    // What was changed while the setting was read counts.
    this.#presence.add(account, connection, connection.visible ?? !hidden);
    connection.greet({ type: 'hello_ok', ref, account, device, now: Date.now(), rooms: states });
    // Joined since the ids were read: told by `joined`, which waited for the greeting.
    const told = new Set(states.map((state) => state.id));
    for (const room of connection.rooms) if (!told.has(room)) this.#tellRoom(connection, room);
  }

  /** SPEC P1: whether someone is at the client. */
  setActivity(connection: Connection, activity: Activity): void {
    this.#presence.setActivity(connection.account, connection, activity);
  }

  /** SPEC P3, P4: whose presence the socket is told from now on, and what it is; others than those it shares a room with are offline to it. */
  async watch(connection: Connection, accounts: readonly AccountId[]): Promise<WatchedStates> {
    const shared = await this.#shared.among(connection.account, accounts);
    // Gone meanwhile: nobody would end its watch.
    if (!this.#connections.has(connection)) return { online: [], away: [], unknown: [...accounts] };
    return await this.#watchers.watch(connection, shared);
  }

  /** SPEC S1: pass a signal on. Fails with `unknown_room` unless the socket is in the room and has been told of it. */
  signal(connection: Connection, frame: ClientFrameOf<'signal'>): void {
    if (!connection.isLive(frame.room)) throw new ProtocolError('unknown_room');
    const { room, generation, epoch, id, body } = frame;
    const { account, device } = connection;
    this.#bus.publish({
      kind: 'signal',
      from: connection.id,
      frame: { type: 'signalled', room, generation, epoch, account, device, id, body },
    });
  }

  /** Tell everyone to come back, and close their sockets (1012). */
  closeAll(retryAfterMs: number): void {
    const bye = encodeFrame({ type: 'bye', retryAfterMs });
    for (const sockets of this.#byRoom.values()) sockets.flush();
    for (const connection of this.#connections) {
      if (connection.greeted) this.#lastSeen.note(connection.account);
      connection.sendBytes(bye);
      connection.close('unavailable');
    }
  }

  /** From now on nothing is told, and sockets that go are not noted. */
  stop(): void {
    this.#connections.clear();
    for (const sockets of this.#byRoom.values()) sockets.close();
    this.#unsubscribe();
    this.#presence.close();
  }

  #handle(event: BusEvent): void {
    switch (event.kind) {
      case 'entries':
        this.#byRoom.get(event.room)?.entries(event);
        return;
      case 'joined':
        this.#recheck.changed(event.account);
        for (const connection of this.#byAccount.get(event.account) ?? []) {
          // Heard before: told again it would be held again, and its client had to pull what comes meanwhile.
          if (this.#byRoom.get(event.room)?.has(connection)) continue;
          this.#hold(connection, event.room);
          if (connection.greeted) this.#tellRoom(connection, event.room);
        }
        return;
      case 'gone':
        this.#recheck.changed(event.account);
        // Said while the account was in the room.
        this.#byRoom.get(event.room)?.flush();
        for (const connection of this.#byAccount.get(event.account) ?? []) {
          connection.drop(event.room);
          this.#letGo(connection, event.room);
          connection.broadcast(encodeFrame({ type: 'room_gone', room: event.room }));
        }
        return;
      case 'signal': {
        const receivers = this.#byRoom.get(event.frame.room);
        if (!receivers) return;
        const bytes = encodeFrame(event.frame);
        for (const connection of receivers) {
          if (connection.id !== event.from) connection.signal(event.frame.room, bytes);
        }
        return;
      }
      case 'visibility':
        this.#recheck.changed(event.account);
        for (const connection of this.#byAccount.get(event.account) ?? []) connection.visible = event.visible;
        this.#presence.setVisible(event.account, event.visible);
        return;
      case 'blobs_given_up':
      case 'sends_taken':
      case 'presence':
      case 'reach':
        return;
      case 'broadcast':
        this.#broadcast(event.frame);
        return;
      case 'recheck':
        this.#recheck.begin();
        return;
      case 'sessions_ended':
        for (const connection of this.#connections) {
          if (event.sessions.includes(connection.session)) connection.close('not_signed_in');
        }
        return;
      case 'devices_ended':
        for (const connection of this.#connections) {
          if (event.devices.includes(connection.device)) connection.close(event.code);
        }
        return;
    }
  }

  #hold(connection: Connection, room: RoomId): void {
    connection.hold(room);
    const sockets = this.#byRoom.get(room) ?? new RoomSockets(room);
    this.#byRoom.set(room, sockets);
    sockets.add(connection);
  }

  #tellRoom(connection: Connection, room: RoomId): void {
    this.#bus
      .follow([room])
      .then(() => this.#rooms.states(connection, [room]))
      .then(([state]) => {
        if (state) connection.tellRoom(state);
      })
      .catch((error: unknown) => {
        this.#onError(error);
        // Until it is told the room stays held.
        setTimeout(
          () => this.#byRoom.get(room)?.has(connection) && this.#tellRoom(connection, room),
          tellAgainMs,
        ).unref();
      });
  }

  #letGo(connection: Connection, room: RoomId): void {
    const sockets = this.#byRoom.get(room);
    sockets?.remove(connection);
    if (!sockets?.isEmpty) return;
    this.#byRoom.delete(room);
    this.#bus.unfollow(room);
  }

  #broadcast(frame: ServerFrame): void {
    const bytes = encodeFrame(frame);
    for (const connection of this.#connections) connection.broadcast(bytes);
  }
}
