import type { LogEntry, Seq } from '@undertone/protocol';

export interface RoomFeedOptions {
  /** Entries after `after`, in order, as far as they fit a page. */
  readonly read: (after: Seq) => Promise<{ readonly entries: readonly LogEntry[]; readonly more: boolean }>;
  readonly deliver: (entries: readonly LogEntry[]) => void;
  /** How long a gap may stand before it is filled: as a rule what is missing is on its way. */
  readonly patienceMs: () => number;
  readonly onFilled: (entries: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Entries that are held while one before them is missing; beyond that they are read again. */
const maxHeld = 1_000;
/** After a database that failed. */
const retryMs = 500;

/**
 * A room's entries as they come in from this process and others, put in order: what is next is passed on at once, what comes too early
 * waits for what is missing, what came before is dropped. A gap that stays is filled from the log (SPEC L1, L5).
 */
export class RoomFeed {
  readonly #options: RoomFeedOptions;
  readonly #held = new Map<Seq, LogEntry>();
  #passed: Seq | undefined;
  /** The highest place that is known to be taken. */
  #head = 0;
  #timer: NodeJS.Timeout | undefined;
  #filling = false;
  #closed = false;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
  }

  /** The place up to which entries were passed on, or were there before; undefined until `begin`. */
  get passed(): Seq | undefined {
    return this.#passed;
  }

  /** Pass on what follows `head`. Doing so again changes nothing. */
  begin(head: Seq): void {
    if (this.#passed !== undefined) return;
    this.#passed = head;
    this.#advance();
  }

  /** Entries in order, from wherever. */
  offer(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (this.#passed !== undefined && entry.seq <= this.#passed) continue;
      this.#head = Math.max(this.#head, entry.seq);
      if (this.#held.size < maxHeld) this.#held.set(entry.seq, entry);
    }
    this.#advance();
  }

  /** The log was seen to reach so far. */
  expect(head: Seq): void {
    this.#head = Math.max(this.#head, head);
    this.#advance();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #advance(): void {
    if (this.#passed === undefined) return;
    const next: LogEntry[] = [];
    for (;;) {
      const place = (this.#passed + 1) as Seq;
      const entry = this.#held.get(place);
      if (entry === undefined) break;
      this.#held.delete(place);
      this.#passed = place;
      next.push(entry);
    }
    if (next.length > 0) this.#options.deliver(next);
    if (this.#head <= this.#passed) this.#settle();
    else this.#awaitMissing(this.#options.patienceMs());
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held.clear();
  }

  #awaitMissing(ms: number): void {
    if (this.#filling || this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#fill();
    }, ms);
  }

  /** Read what follows, as far as the log goes. */
  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      for (let more = true; more && !this.#closed && this.#passed !== undefined; ) {
        const page = await this.#options.read(this.#passed);
        if (this.#closed) return;
        more = page.more;
        this.#pass(page.entries);
      }
      this.#filling = false;
      // The log was read to its end: only what came in since can be beyond it.
      this.#head = Math.max(this.#passed ?? 0, ...this.#held.keys());
      this.#advance();
    } catch (error) {
      this.#filling = false;
      this.#options.onError(error);
      this.#awaitMissing(retryMs);
    }
  }

  /**
   * What was read goes out one by one: of entries that were appended together, a reader who came in between has read the first and
   * waits for the others, and who was not in the room at the first must not get it.
   */
  #pass(entries: readonly LogEntry[]): void {
    let filled = 0;
    for (const entry of entries) {
      if (this.#passed === undefined || entry.seq <= this.#passed) continue;
      this.#passed = entry.seq;
      this.#held.delete(entry.seq);
      this.#options.deliver([entry]);
      filled += 1;
    }
    if (filled > 0) this.#options.onFilled(filled);
  }
}
