import type { AccountId, RoomId, Seq, TimestampMs } from '@undertone/protocol';
import type { MessageRow, TimelineRow } from '../../view/index.ts';
import type { SearchableRoom } from '../search-deps.ts';

export const me = 'ada' as AccountId;
export const bob = 'bob' as AccountId;
export const lobby = 'lobby' as RoomId;
export const thread = 'thread' as RoomId;

/** Rooms in memory, as the session would give them. */
export class MemoryRooms {
  readonly #rows = new Map<RoomId, Map<number, TimelineRow>>();
  readonly first = new Map<RoomId, number>();
  reads = 0;

  put(row: TimelineRow, room = lobby): TimelineRow {
    const rows = this.#rows.get(room) ?? new Map<number, TimelineRow>();
    this.#rows.set(room, rows.set(row.order, row));
    return row;
  }

  remove(seq: number, room = lobby): void {
    this.#rows.get(room)?.delete(seq);
  }

  rows(room: RoomId): TimelineRow[] {
    const first = this.first.get(room) ?? 0;
    return [...(this.#rows.get(room)?.values() ?? [])].filter((row) => row.order >= first);
  }

  readonly deps = {
    rooms: async (): Promise<readonly SearchableRoom[]> =>
      [...this.#rows.keys()].map((id) => {
        const orders = this.rows(id).map((row) => row.order);
        const first = this.first.get(id) ?? 1;
        const oldest = Math.min(...orders);
        const cursor = orders.length === 0 ? null : (Math.max(...orders) as Seq);
        return { id, firstSeq: first as Seq, cursor, oldestAt: oldest as TimestampMs, complete: first === 1 };
      }),
    rows: async (room: RoomId, before: number, limit: number) => {
      this.reads += 1;
      return this.rows(room)
        .filter((row) => row.order < before)
        .sort((a, b) => a.order - b.order)
        .slice(-limit);
    },
    further: async (room: RoomId) => {
      this.first.set(room, Math.max(1, (this.first.get(room) ?? 1) - 100));
      return true;
    },
  };
}

/** The change that makes a message an edited one. */
export const edited = (at: number): Partial<MessageRow> => ({
  editedAt: at as TimestampMs,
  earlier: [{ text: 'what it said before', at: 1 as TimestampMs }],
});

export const fileNamed = (name: string): MessageRow['file'] => ({
  blob: null,
  name,
  mediaType: 'application/pdf',
  bytes: 1,
  width: null,
  height: null,
  durationMs: null,
  thumbnail: null,
  answers: [],
  here: false,
});
