import { type LogEntry, limits, type Seq } from '@undertone/protocol';
import { ask } from './room-deps.ts';
import type { RoomStore } from './room-store.ts';

/** How long the push of what was just acknowledged is waited for before it is asked for. */
const pushGraceMs = 200;

/** Reads a room's log as far as the server has it: what is pushed as it comes, what is missing by asking. */
export class LogReader {
  readonly #store: RoomStore;
  readonly #apply: (entries: readonly LogEntry[]) => Promise<void>;
  #inbox: LogEntry[] = [];
  #head: Seq;
  #mustPull = true;
  #pushed: (() => void) | null = null;

  constructor(store: RoomStore, apply: (entries: readonly LogEntry[]) => Promise<void>) {
    this.#store = store;
    this.#apply = apply;
    this.#head = store.record.room.head;
  }

  /** The last entry that the server is known to have. */
  get head(): Seq {
    return this.#head;
  }

  /** The server has entries up to `seq`, if not more. */
  reaches(seq: Seq): void {
    if (seq > this.#head) this.#head = seq;
  }

  /** Something is, or may be, in the log that will not be pushed. */
  noteGap(): void {
    this.#mustPull = true;
  }

  /** Entries that the server pushed. */
  receive(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last !== undefined) this.reaches(last.seq);
    this.#inbox.push(...entries);
    this.#pushed?.();
  }

  get hasReceived(): boolean {
    return this.#inbox.length > 0;
  }

  async takeReceived(): Promise<void> {
    const entries = this.#inbox;
    this.#inbox = [];
    await this.#apply(entries);
    const { cursor } = this.#store.record;
    // What follows a gap is pulled again with the gap.
    if (cursor !== null && cursor < this.#head && this.#inbox.length === 0) this.#mustPull = true;
  }

  isBehind(cursor: Seq): boolean {
    return this.#mustPull || cursor < this.#head;
  }

  /** Read the next page after `cursor`, unless what is missing is pushed meanwhile. */
  async catchUp(cursor: Seq): Promise<void> {
    if (!this.#mustPull) {
      await this.#nextPush();
      if (this.#inbox.length > 0) return;
    }
    const { deps, record } = this.#store;
    const request = { type: 'pull', room: record.room.id, after: cursor, limit: limits.pageMaxEntries } as const;
    const page = await ask(deps, request, 'page');
    const last = page.entries.at(-1);
    if (last !== undefined) this.reaches(last.seq);
    if (page.emptiedSeq > record.room.emptiedSeq) await this.#store.noteEmptied(page.emptiedSeq);
    await this.#apply(page.entries);
    if (!page.more || last === undefined) {
      this.#mustPull = false;
      // The server knows no more than this, whatever was thought before.
      const reached = this.#store.record.cursor;
      if (reached !== null && this.#inbox.length === 0) this.#head = reached;
    }
  }

  #nextPush(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#pushed = null;
        resolve();
      };
      const timer = setTimeout(() => {
        this.#mustPull = true;
        done();
      }, pushGraceMs);
      this.#pushed = done;
    });
  }

  /** Wait for no push any more. */
  stop(): void {
    this.#pushed?.();
  }
}
