import type { Leases } from '../database/leases.ts';
import type { BlobRepository } from './blob-repository.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';

/** Rows, and stored names, that are dealt with at a time. */
const batch = 500;

export interface CollectorTimes {
  /** How often blobs that are given up or expired are looked for. */
  readonly collectEveryMs: number;
  /** How long after something was given up that is done out of turn. What is given up meanwhile goes along. */
  readonly soonMs: number;
  /** How often the store is searched for what no row knows of. */
  readonly sweepEveryMs: number;
  /**
   * How old that has to be to be deleted: a row is always there first, so it could be no time at all. A day is for whoever starts a
   * server on the right files with the wrong database.
   */
  readonly strayAgeMs: number;
}

export interface CollectorOptions {
  readonly rows: BlobRepository;
  readonly store: BlobStore;
  readonly times: CollectorTimes;
  /** Of several processes on the same files one collects at a time. */
  readonly leases: Leases;
  /** Deletes what is stored under an id, then its row. */
  readonly deleteBlob: (id: StoredBlob['id']) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Deletes the blobs that nothing names any more (SPEC F3). First the row says that a blob is given up, so that nobody attaches or
 * reads it; then its bytes go, then the row. Wherever the process ends in between, the next run goes on there.
 */
export class BlobCollector {
  readonly #options: CollectorOptions;
  #running: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #soon: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Begin: collect and sweep now, then from time to time. */
  start(): void {
    const { collectEveryMs, sweepEveryMs } = this.#options.times;
    this.#collectInTurn();
    this.#sweepInTurn();
    this.#timers = [
      setInterval(() => this.#collectInTurn(), collectEveryMs).unref(),
      setInterval(() => this.#sweepInTurn(), sweepEveryMs).unref(),
    ];
  }

  /** Something was given up just now. */
  soon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#collectInTurn();
    }, this.#options.times.soonMs).unref();
  }

  /** Resolves when what is under way is done; nothing is begun any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#soon);
    await this.#running;
  }

  /** Delete the blobs that are given up, or whose time is over. */
  async collect(): Promise<void> {
    const { rows, deleteBlob, onError } = this.#options;
    await rows.giveUpExpired();
    for (let deleted = batch; deleted === batch; ) {
      deleted = 0;
      for (const id of await rows.givenUp(batch)) {
        try {
          await deleteBlob(id);
          deleted += 1;
        } catch (error) {
          onError(error);
        }
      }
    }
  }

  /** Delete what is stored without a row. */
  async sweep(): Promise<void> {
    let some: StoredBlob[] = [];
    for await (const stored of this.#options.store.list()) {
      some.push(stored);
      if (some.length < batch) continue;
      await this.#deleteStrays(some);
      some = [];
    }
    await this.#deleteStrays(some);
  }

  async #deleteStrays(stored: readonly StoredBlob[]): Promise<void> {
    const { rows, deleteBlob, onError, times } = this.#options;
    const old = stored.filter(({ changedAt }) => changedAt <= Date.now() - times.strayAgeMs).map(({ id }) => id);
    const known = await rows.known(old);
    for (const id of new Set(old)) {
      if (!known.has(id)) await deleteBlob(id).catch(onError);
    }
  }

  /** Who finds another process at it comes again: what was given up just now may be new to that one. */
  #collectInTurn(): void {
    this.#run(async () => {
      const done = await this.#options.leases.run('collect', () => this.collect());
      if (!done && !this.#stopped) this.soon();
    });
  }

  #sweepInTurn(): void {
    this.#run(async () => {
      await this.#options.leases.run('sweep', () => this.sweep());
    });
  }

  #run(task: () => Promise<void>): void {
    this.#running = this.#running.then(task).catch(this.#options.onError);
  }
}
