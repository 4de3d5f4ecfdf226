import type { EntryId, LogEntry, RoomId, Seq } from '@undertone/protocol';

/** An entry as a receiver read it. `id` and `body` are null where its kind has none. */
export interface Reading {
  readonly seq: number;
  readonly id: EntryId | null;
  /** Base64 of what was sent; null where the receiver sees the plaintext only, or there is none. */
  readonly body: string | null;
}

/** What one receiver read of one room, in the order of reading. */
export interface Reader {
  readonly name: string;
  readonly room: RoomId;
  /** Whether it reads every entry of the log, so that its seqs must be 1, 2, 3 …; a person sees what was said only. */
  readonly everything: boolean;
  readonly readings: Reading[];
}

interface Sent {
  readonly room: RoomId;
  readonly body: string | null;
}

/** Everything that was observed from outside the server; what it means is `check`'s to say. */
export class Ledger {
  /** All that anybody tried to send, by id. */
  readonly sent = new Map<EntryId, Sent>();
  /** Where the acknowledgements said that it stands; more than one place is a fault. */
  readonly acknowledged = new Map<EntryId, Set<Seq>>();
  /** What was refused for good: it must never be read. */
  readonly refused = new Set<EntryId>();
  readonly readers: Reader[] = [];
  /** Sentences on what was seen to be wrong while it happened. */
  readonly faults: string[] = [];
  acknowledgements = 0;

  send(id: EntryId, room: RoomId, body: Uint8Array | null): void {
    this.sent.set(id, { room, body: body && Buffer.from(body).toString('base64') });
  }

  acknowledge(id: EntryId, seq: Seq): void {
    this.acknowledgements += 1;
    const places = this.acknowledged.get(id);
    if (places) places.add(seq);
    else this.acknowledged.set(id, new Set([seq]));
  }

  reader(name: string, room: RoomId, everything: boolean): Reader {
    const reader: Reader = { name, room, everything, readings: [] };
    this.readers.push(reader);
    return reader;
  }
}

/** What of an entry is compared. */
export const readingOf = (entry: LogEntry): Reading => ({
  seq: entry.seq,
  id: 'id' in entry ? entry.id : null,
  body: 'body' in entry ? Buffer.from(entry.body).toString('base64') : null,
});
