import type { DeviceId, Epoch, Generation, RoomId, Seq } from '@undertone/protocol';
import type { LockedRoom } from './locked-room.ts';

/**
 * What this process read of a room under its lock. It holds for as long as `changedSeq` is what it was, however many messages come:
 * whatever changes a roster or an epoch appends to the log in the same transaction. `foundedAt` tells a room from one that was made anew with
 * its id.
 */
export interface KnownRoom {
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly foundedAt: number | null;
  readonly changedSeq: Seq;
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

  /** What was read in a flush; where nothing changed since, the senders known so far still are. */
  learn({ id, generation, epoch, foundedAt, changedSeq }: LockedRoom, active: ReadonlySet<DeviceId>): void {
    const known = this.#rooms.get(id);
    const same = known?.changedSeq === changedSeq && known.foundedAt === foundedAt;
    const senders = same ? new Set([...known.senders, ...active]) : active;
    this.#put(id, { generation, epoch, foundedAt, changedSeq, senders });
  }

  /** It has changed otherwise than by messages: what is known of it would be found to hold no longer. */
  forget(room: RoomId): void {
    this.#rooms.delete(room);
  }

  #put(room: RoomId, known: KnownRoom): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, known);
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms && oldest !== undefined) this.#rooms.delete(oldest);
  }
}
