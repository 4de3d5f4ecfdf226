import { typingMs } from '@undertone/client/view';
import type { AccountId, RoomId } from '@undertone/protocol';
import { SvelteMap } from 'svelte/reactivity';

const keyOf = (room: RoomId, account: AccountId): string => `${room}/${account}`;

/** Who types in which room. Nobody says that they stopped: it is forgotten after a while, or when they have said something. */
export class Typing {
  readonly #typists = new SvelteMap<string, { room: RoomId; account: AccountId }>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  in(room: RoomId): readonly AccountId[] {
    return [...this.#typists.values()].filter((typist) => typist.room === room).map(({ account }) => account);
  }

  heard(room: RoomId, account: AccountId): void {
    const key = keyOf(room, account);
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.stopped(room, account), typingMs),
    );
    if (!this.#typists.has(key)) this.#typists.set(key, { room, account });
  }

  stopped(room: RoomId, account: AccountId): void {
    const key = keyOf(room, account);
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#typists.delete(key);
  }
}
