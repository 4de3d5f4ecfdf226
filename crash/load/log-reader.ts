import type { LogEntry, RoomId } from '@undertone/protocol';
import { type Ledger, type Reader, readingOf } from '../check/ledger.ts';

/** One receiver's place in a room's log. It takes entries strictly in order (SPEC L5), whichever way they come, and notes them. */
export class LogReader {
  readonly room: RoomId;
  readonly #ledger: Ledger;
  readonly #reader: Reader;

  constructor(ledger: Ledger, name: string, room: RoomId) {
    this.room = room;
    this.#ledger = ledger;
    this.#reader = ledger.reader(name, room, true);
  }

  /** The last entry that was read. */
  get cursor(): number {
    return this.#reader.readings.length;
  }

  /** Take what follows the cursor. False: there is a gap before the first of these, which has to be pulled. */
  take(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) {
      if (entry.seq > this.cursor + 1) return false;
      if (entry.seq === this.cursor + 1) this.#reader.readings.push(readingOf(entry));
      else this.#compare(entry);
    }
    return true;
  }

  /** Told once more, which is harmless; but it must be what it was, or the log was written anew after it was told. */
  #compare(entry: LogEntry): void {
    const before = this.#reader.readings[entry.seq - 1];
    const now = readingOf(entry);
    if (before?.id === now.id && before.body === now.body) return;
    this.#ledger.faults.push(
      `falsified: ${this.#reader.name} was told ${entry.seq} of ${this.room} anew, as another entry`,
    );
  }
}
