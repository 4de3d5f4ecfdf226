import type { RoomId } from '@undertone/protocol';
import type { EncodedEntries } from '../bus/encoded-entries.ts';
import { serverLimits } from '../server-limits.ts';
import type { Connection } from './connection.ts';

const { busyRoomMs, busyRoomEntries, busyRoomBytes } = serverLimits;

/**
 * The sockets of one room in this process, and when its entries are written to them: at once, unless more is said than anybody reads. Then
 * they gather for a moment, since a write costs more than what it carries: with several processes, each of which is told of every other's
 * flushes, most of all.
 */
export class RoomSockets {
  readonly #room: RoomId;
  readonly #connections = new Set<Connection>();
  #waiting: EncodedEntries[] = [];
  #waitingBytes = 0;
  /** When the present span began, and the entries that were written in it. */
  #spanBegan = Number.NEGATIVE_INFINITY;
  #spanEntries = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(room: RoomId) {
    this.#room = room;
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0;
  }

  has(connection: Connection): boolean {
    return this.#connections.has(connection);
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.isEmpty) this.close();
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  /** What follows in the room's log. A change of its group or its people never waits. */
  entries(entries: EncodedEntries): void {
    this.#waiting.push(entries);
    this.#waitingBytes += entries.frame.length;
    if (!entries.plain || this.#waitingBytes > busyRoomBytes || !this.#isBusy()) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#spanBegan + busyRoomMs - performance.now());
  }

  /** Write what waits. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const now = performance.now();
    if (this.#timer !== undefined || now >= this.#spanBegan + busyRoomMs) {
      this.#spanBegan = now;
      this.#spanEntries = 0;
    }
    const waiting = this.#waiting;
    this.close();
    for (const { first, last, frame } of waiting) {
      this.#spanEntries += last - first + 1;
      for (const connection of this.#connections) connection.entries(this.#room, last, frame);
    }
  }

  /** Forget what waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #isBusy(): boolean {
    return this.#spanEntries >= busyRoomEntries && performance.now() < this.#spanBegan + busyRoomMs;
  }
}
