import type { Seq } from '@undertone/protocol';
import type { EncodedEntries } from './encoded-entries.ts';

export interface RoomFeedOptions {
  /** What follows `after`, in order, each entry by itself, as far as it fits a page. */
  readonly read: (after: Seq) => Promise<{ readonly entries: readonly EncodedEntries[]; readonly more: boolean }>;
  readonly deliver: (entries: EncodedEntries) => void;
  /** How long a gap may stand before it is filled: as a rule what is missing is on its way. */
  readonly patienceMs: () => number;
  readonly onFilled: (entries: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Bytes that are held while entries before them are missing; what is beyond that is read again. */
const maxHeldBytes = 8 * 1024 * 1024;
/** After a database that failed. */
const retryMs = 500;

/**
 * A room's entries as they come in from this process and others, put in order: what is next is passed on at once, what comes too early
 * waits for what is missing, what came before is dropped. A gap that stays is filled from the log (SPEC L1, L5).
 */
export class RoomFeed {
  readonly #options: RoomFeedOptions;
  /** By the place of their first. */
  readonly #held = new Map<number, EncodedEntries>();
  #heldBytes = 0;
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

  /** Entries that were appended together, from wherever. */
  offer(entries: EncodedEntries): void {
    const { first, last, frame } = entries;
    if (this.#passed !== undefined && last <= this.#passed) return;
    this.#head = Math.max(this.#head, last);
    const isNext = this.#passed !== undefined && first === this.#passed + 1;
    if ((isNext || this.#heldBytes + frame.length <= maxHeldBytes) && !this.#held.has(first)) {
      this.#held.set(first, entries);
      this.#heldBytes += frame.length;
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
    this.#stopWaiting();
  }

  #advance(): void {
    if (this.#passed === undefined) return;
    this.#passHeld();
    if (this.#head <= this.#passed) this.#settle();
    else this.#awaitMissing(this.#options.patienceMs());
  }

  /** Pass on what is held of that which is next. */
  #passHeld(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      // What is missing after it is another gap: in a busy room there is always one.
      this.#stopWaiting();
      this.#letGo(next);
      this.#passed = next.last;
      this.#options.deliver(next);
    }
  }

  #next(): EncodedEntries | undefined {
    return this.#passed === undefined ? undefined : this.#held.get(this.#passed + 1);
  }

  #letGo({ first, frame }: EncodedEntries): void {
    if (this.#held.delete(first)) this.#heldBytes -= frame.length;
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #settle(): void {
    this.#stopWaiting();
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #awaitMissing(ms: number): void {
    if (this.#filling || this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#fill();
    }, ms);
  }

  /** Read what is missing: as far as the log goes, or until what is held follows. */
  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      let more = true;
      while (more && !this.#closed && this.#passed !== undefined && this.#passed < this.#head) {
        const page = await this.#options.read(this.#passed);
        if (this.#closed) return;
        more = page.more;
        this.#pass(page.entries);
      }
      this.#filling = false;
      if (!more) this.#forgetMissing();
      this.#advance();
    } catch (error) {
      this.#filling = false;
      this.#options.onError(error);
      this.#awaitMissing(retryMs);
    }
  }

  /** The log was read to its end: only what came in since can be beyond it. */
  #forgetMissing(): void {
    const passed = this.#passed ?? 0;
    for (const entries of this.#held.values()) if (entries.first <= passed) this.#letGo(entries);
    this.#head = Math.max(passed, ...[...this.#held.values()].map(({ last }) => last));
  }

  /**
   * What was read goes out one by one: of entries that were appended together, a reader who came in between has read the first and
   * waits for the others, and who was not in the room at the first must not get it.
   */
  #pass(entries: readonly EncodedEntries[]): void {
    let filled = 0;
    for (const entry of entries) {
      if (this.#passed === undefined || entry.last <= this.#passed) continue;
      this.#passed = entry.last;
      this.#options.deliver(entry);
      filled += 1;
      this.#passHeld();
    }
    if (filled > 0) this.#options.onFilled(filled);
  }
}
