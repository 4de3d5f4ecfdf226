import type { EntryId, RoomId, ServerFrame } from '@undertone/protocol';
import { newEntryId, Person } from '../../packages/client/test/people.ts';
import type { Ledger, Reading } from '../check/ledger.ts';

const pageRows = 200;

/** A person at a whole client: keys, vault, outbox. What its views show is compared with what the server acknowledged. */
export class Session {
  readonly person: Person;
  readonly #ledger: Ledger;
  /** What it was told of, by an answer or in the log. */
  readonly #confirmed = new Set<EntryId>();
  readonly #mine = new Set<EntryId>();
  readonly #sent = new Set<EntryId>();

  constructor(origin: string, name: string, ledger: Ledger, onAcknowledged: () => void) {
    this.#ledger = ledger;
    this.person = new Person(origin, name);
    this.person.incoming = (frame) => {
      this.#hear(frame, onAcknowledged);
      return [frame];
    };
    this.person.core.subscribe((event) => {
      if (event.type !== 'timeline') return;
      for (const row of event.change.rows) {
        if (row.kind !== 'message' || !this.#mine.has(row.id)) continue;
        if (row.delivery === 'failed') ledger.faults.push(`${name}: ${row.id} is shown as failed: ${row.failure}`);
        if (row.delivery === 'sent') this.#shownAsSent(row.id);
        else if (this.#sent.has(row.id)) ledger.faults.push(`${name}: ${row.id} was sent, and is ${row.delivery} now`);
      }
    });
  }

  /** Everything it said has been acknowledged and is shown so. */
  get settled(): boolean {
    return [...this.#mine].every((id) => this.#sent.has(id));
  }

  get waiting(): number {
    return this.#mine.size - this.#sent.size;
  }

  async say(room: RoomId, text: string): Promise<void> {
    const id = newEntryId();
    this.#mine.add(id);
    this.#ledger.send(id, room, null);
    await this.person.core.sendText(room, { id, text });
  }

  /** Note what it shows of a room, from the beginning. */
  async report(room: RoomId): Promise<void> {
    const { readings } = this.#ledger.reader(this.person.name, room, false);
    let page = await this.person.core.openTimeline(room, pageRows);
    const rows = [...page.rows];
    while (page.more && rows[0] !== undefined) {
      page = await this.person.core.olderRows(room, rows[0].order, pageRows);
      rows.unshift(...page.rows);
    }
    for (const row of rows) {
      if (row.kind === 'unreadable') this.#ledger.faults.push(`${this.person.name}: ${row.reason} at ${row.seq}`);
      if (row.kind !== 'message' || row.seq === null) continue;
      const reading: Reading = { seq: row.seq, id: row.id, body: null };
      readings.push(reading);
    }
  }

  #hear(frame: ServerFrame, onAcknowledged: () => void): void {
    if (frame.type === 'ack' && this.#mine.has(frame.id)) {
      this.#ledger.acknowledge(frame.id, frame.seq);
      this.#confirmed.add(frame.id);
      onAcknowledged();
    } else if (frame.type === 'entries' || frame.type === 'page') {
      for (const entry of frame.entries) {
        if (!('id' in entry) || !this.#mine.has(entry.id)) continue;
        // Its own envelope in the log says as much as an answer: the client stops sending it.
        if (!this.#confirmed.has(entry.id)) this.#ledger.acknowledge(entry.id, entry.seq);
        this.#confirmed.add(entry.id);
      }
    }
  }

  #shownAsSent(id: EntryId): void {
    this.#sent.add(id);
    if (!this.#confirmed.has(id)) this.#ledger.faults.push(`${this.person.name}: ${id} is shown as sent too early`);
  }
}
