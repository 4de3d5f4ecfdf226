import { type AccountId, type ActivePeople as ActivePeoplePage, limits, type RoomId } from '@undertone/protocol';
import type { RoomRepository } from '../rooms/room-repository.ts';
import type { PresenceStore } from './presence-store.ts';
import type { SharedRooms } from './shared-rooms.ts';

/** Pages of those who are there now, for who asks (SPEC P5). */
export class ActivePeople {
  readonly #store: PresenceStore;
  readonly #rooms: RoomRepository;
  readonly #shared: SharedRooms;

  constructor(store: PresenceStore, rooms: RoomRepository, shared: SharedRooms) {
    this.#store = store;
    this.#rooms = rooms;
    this.#shared = shared;
  }

  /** On the whole server. Who shares no room with `asker` is counted and not named, so a page may hold fewer than it could. */
  async onServer(asker: AccountId, after: string | undefined): Promise<ActivePeoplePage> {
    const { people, ...page } = await this.#store.active(after, limits.activePageMaxPeople);
    const shared = new Set(
      await this.#shared.among(
        asker,
        people.map(({ account }) => account),
      ),
    );
    return { ...page, people: people.filter(({ account }) => shared.has(account)) };
  }

  /** In a room that `asker` is in. Fails with `unknown_room` or `not_member`. */
  async inRoom(asker: AccountId, room: RoomId, after: string | undefined): Promise<ActivePeoplePage> {
    const members = await this.#rooms.memberIds(asker, room);
    const { people: all, complete } = await this.#store.activeAmong(members);
    const rest = after === undefined ? all : all.filter(({ account }) => account > after);
    const people = rest.slice(0, limits.activePageMaxPeople);
    const next = rest.length > people.length ? (people.at(-1)?.account ?? null) : null;
    return { count: all.length, complete, people, next };
  }
}
