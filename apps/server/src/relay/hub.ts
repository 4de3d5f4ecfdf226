import { type AccountId, encodeFrame, type RoomId, type ServerFrame } from '@undertone/protocol';
import type { RoomRepository } from '../rooms/room-repository.ts';
import type { Bus, BusEvent } from './bus.ts';
import type { Connection } from './connection.ts';
import { Presence, type PresenceTimes } from './presence.ts';

export interface HubOptions {
  readonly bus: Bus;
  readonly rooms: RoomRepository;
  readonly presence: PresenceTimes;
  readonly onError: (error: unknown) => void;
}

/** The sockets of this process, and what of the bus goes to which of them. */
export class Hub {
  readonly #rooms: RoomRepository;
  readonly #onError: (error: unknown) => void;
  readonly #connections = new Set<Connection>();
  readonly #byAccount = new Map<AccountId, Set<Connection>>();
  readonly #byRoom = new Map<RoomId, Set<Connection>>();
  readonly #presence: Presence;
  readonly #unsubscribe: () => void;

  constructor({ bus, rooms, presence, onError }: HubOptions) {
    this.#rooms = rooms;
    this.#onError = onError;
    this.#presence = new Presence(presence, (online, offline) =>
      this.#broadcast({ type: 'presence', online, offline }),
    );
    this.#unsubscribe = bus.subscribe((event) => this.#handle(event));
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Take a socket in, before it has said hello: from now on it misses nothing of its account. */
  add(connection: Connection): void {
    this.#connections.add(connection);
    addTo(this.#byAccount, connection.account, connection);
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    removeFrom(this.#byAccount, connection.account, connection);
    for (const room of connection.rooms) removeFrom(this.#byRoom, room, connection);
    if (connection.greeted) this.#presence.remove(connection.account);
  }

  /**
   * Answer hello. The rooms' entries are held before their states are read, so nothing falls between; what the read has already
   * seen is dropped from what was held.
   */
  async greet(connection: Connection, ref: number): Promise<void> {
    const ids = await this.#rooms.ids(connection.account);
    for (const room of ids) this.#hold(connection, room);
    const states = await this.#rooms.states(connection, ids);
    if (!this.#connections.has(connection)) return;
    const { account, device } = connection;
    const present = new Set([...this.#presence.online(), account]);
    connection.greet({
      type: 'hello_ok',
      ref,
      account,
      device,
      now: Date.now(),
      rooms: states,
      online: [...present],
    });
    this.#presence.add(account);
    // Joined since the ids were read: told by `joined`, which waited for the greeting.
    const told = new Set(states.map((state) => state.id));
    for (const room of connection.rooms) if (!told.has(room)) this.#tellRoom(connection, room);
  }

  /** Tell everybody to come back, and close their sockets (1012). */
  closeAll(retryAfterMs: number): void {
    const bye = encodeFrame({ type: 'bye', retryAfterMs });
    for (const connection of this.#connections) {
      connection.sendBytes(bye);
      connection.close('unavailable');
    }
  }

  stop(): void {
    this.#unsubscribe();
    this.#presence.close();
  }

  #handle(event: BusEvent): void {
    switch (event.kind) {
      case 'entries': {
        const receivers = this.#byRoom.get(event.room);
        const last = event.entries.at(-1);
        if (!receivers || !last) return;
        const bytes = encodeFrame({ type: 'entries', room: event.room, entries: [...event.entries] });
        for (const connection of receivers) connection.entries(event.room, last.seq, bytes);
        return;
      }
      case 'joined':
        for (const connection of this.#byAccount.get(event.account) ?? []) {
          this.#hold(connection, event.room);
          if (connection.greeted) this.#tellRoom(connection, event.room);
        }
        return;
      case 'gone':
        for (const connection of this.#byAccount.get(event.account) ?? []) {
          connection.drop(event.room);
          removeFrom(this.#byRoom, event.room, connection);
          connection.broadcast(encodeFrame({ type: 'room_gone', room: event.room }));
        }
        return;
      case 'broadcast':
        this.#broadcast(event.frame);
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
    addTo(this.#byRoom, room, connection);
  }

  #tellRoom(connection: Connection, room: RoomId): void {
    this.#rooms
      .states(connection, [room])
      .then(([state]) => {
        if (state) connection.tellRoom(state);
      })
      .catch(this.#onError);
  }

  #broadcast(frame: ServerFrame): void {
    const bytes = encodeFrame(frame);
    for (const connection of this.#connections) connection.broadcast(bytes);
  }
}

function addTo<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function removeFrom<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
}
