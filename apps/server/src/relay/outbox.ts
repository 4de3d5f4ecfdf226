import type { LogEntry, RoomId } from '@undertone/protocol';
import type { Bus, BusEvent } from '../bus/bus.ts';
import { encodeEntries } from '../bus/encoded-entries.ts';
import type { Sql } from '../database/sql.ts';
import { entriesWritten } from '../metrics/instruments.ts';
import { appendEntries, type Logged } from './log-rows.ts';

/** What a transaction will have changed: its log entries, and what to tell when it is durable (SPEC L2). */
export class Outbox {
  readonly #logged: Logged[] = [];
  readonly #events: BusEvent[] = [];
  #written = 0;

  get isEmpty(): boolean {
    return this.#logged.length === 0;
  }

  entry(room: RoomId, entry: LogEntry): void {
    this.#logged.push({ room, entry });
  }

  event(event: BusEvent): void {
    this.#events.push(event);
  }

  /** Write the entries collected since the last call. The writer calls it last; earlier where a row refers to an entry. */
  async append(tx: Sql): Promise<void> {
    const fresh = this.#logged.slice(this.#written);
    this.#written = this.#logged.length;
    await appendEntries(tx, fresh);
  }

  /** After the commit: memberships first, so that newcomers get the entries, then one event per room with all of its entries. */
  publish(bus: Bus): void {
    entriesWritten.inc(this.#logged.length);
    for (const event of this.#events) bus.publish(event);
    const byRoom = new Map<RoomId, LogEntry[]>();
    for (const { room, entry } of this.#logged) {
      const entries = byRoom.get(room);
      if (entries) entries.push(entry);
      else byRoom.set(room, [entry]);
    }
    for (const [room, entries] of byRoom) bus.publish({ kind: 'entries', room, ...encodeEntries(room, entries) });
  }
}
