import type { DeviceId, Epoch, Generation, LogEntry, RoomId, Seq } from '@undertone/protocol';
import type { LockedRoom } from './locked-room.ts';

/**
 * What this process read of a room under its lock. It holds for as long as the log's head is where it was: whatever changes a roster
 * or an epoch appends to the log in the same transaction. `foundedAt` tells a room from one that was made anew with its id.
 */
export interface KnownRoom {
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly foundedAt: number | null;
  readonly head: Seq;
  /** Of the devices that may send those that did. */
  readonly senders: ReadonlySet<DeviceId>;
}

/** Rooms that this process remembers; one that it forgets is read again. */
const maxRooms = 10_000;

/** Rooms that were written to of late, and in which nothing but messages is under way. */
export class KnownRooms {
  readonly #rooms = new Map<RoomId, KnownRoom>();

  get(room: RoomId): KnownRoom | undefined {
    return this.#rooms.get(room);
  }

  /**
   * After a commit that appended messages: what was read before them, when the head was `before`. Where nothing came between, the
   * senders known so far still are.
   */
  learn({ id, generation, epoch, foundedAt, head }: LockedRoom, before: Seq, active: ReadonlySet<DeviceId>): void {
    const known = this.#rooms.get(id);
    const same = known?.head === before && known.foundedAt === foundedAt;
    const senders = same ? new Set([...known.senders, ...active]) : active;
    this.#put(id, { generation, epoch, foundedAt, head, senders });
  }

  /** Messages were appended after the head that is known. */
  advance(room: RoomId, head: Seq): void {
    const known = this.#rooms.get(room);
    if (known) this.#put(room, { ...known, head });
  }

  forget(room: RoomId): void {
    this.#rooms.delete(room);
  }

  /** Entries that this process or another appended: messages change nothing else; after anything else the room is read again. */
  follow(room: RoomId, entries: readonly LogEntry[]): void {
    const known = this.#rooms.get(room);
    const [first, last] = [entries[0], entries.at(-1)];
    if (!known || !first || !last || last.seq <= known.head) return;
    const follows = first.seq === known.head + 1 && entries.every(({ kind }) => kind === 'message');
    if (follows) this.advance(room, last.seq);
    else this.forget(room);
  }

  #put(room: RoomId, known: KnownRoom): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, known);
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && oldest !== undefined) this.#rooms.delete(oldest);
  }
}
