import type { RoomId } from '@undertone/protocol';
import type { Leases } from '../database/leases.ts';
import { retentionEmptied, retentionLastRun } from '../metrics/instruments.ts';
import { serverLimits } from '../server-limits.ts';
import type { OldMessages } from './old-messages.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface RetentionTimes {
  /** How long after the start the first run is: then everyone comes back at once, and the database has enough to do. */
  readonly firstAfterMs: number;
  readonly everyMs: number;
}

export const defaultRetentionTimes: RetentionTimes = { firstAfterMs: 60_000, everyMs: hourMs };

export interface RetentionOptions {
  /** Messages that are older are emptied; 0 keeps all. */
  readonly days: number;
  readonly messages: OldMessages;
  /** Of several processes on the same database one does it at a time. */
  readonly leases: Leases;
  readonly times: RetentionTimes;
  /** Files were given up, which someone is to collect. */
  readonly onFilesGivenUp: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Empties messages that are older than the operator wants to keep (SPEC L9), in small transactions. Wherever a process ends, the next run
 * goes on there; a process that is so slow that it loses its lease does no harm, since each room's row is locked for each step.
 */
export class Retention {
  readonly #options: RetentionOptions;
  #running: Promise<void> = Promise.resolve();
  #first: NodeJS.Timeout | undefined;
  #every: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Begin, if anything is to be emptied: soon, then from time to time. */
  start(): void {
    const { days, times } = this.#options;
    if (days === 0) return;
    // What alerts on a run that is long ago counts from here.
    retentionLastRun.setToCurrentTime();
    this.#first = setTimeout(() => this.#runInTurn(), times.firstAfterMs).unref();
    this.#every = setInterval(() => this.#runInTurn(), times.everyMs).unref();
  }

  /** Resolves when what is under way is done; nothing is begun any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#first);
    clearInterval(this.#every);
    await this.#running;
  }

  /** Empty all that is too old by now. False, and nothing is done, while another process does it. */
  async run(): Promise<boolean> {
    const { days, leases } = this.#options;
    if (days === 0) return false;
    const done = await leases.run('retention', () => this.#empty(new Date(Date.now() - days * dayMs)));
    if (done && !this.#stopped) retentionLastRun.setToCurrentTime();
    return done;
  }

  async #empty(before: Date): Promise<void> {
    const { messages } = this.#options;
    let [emptied, files] = [0, 0];
    let after: RoomId | null = null;
    try {
      do {
        const { old, last } = await messages.rooms(before, after, serverLimits.retentionRooms);
        for (const room of old) {
          for (let more = true; more && !this.#stopped; ) {
            const stretch = await messages.emptyNext(room, before, serverLimits.retentionEntries);
            retentionEmptied.inc(stretch.messages);
            emptied += stretch.messages;
            files += stretch.files;
            more = stretch.more;
          }
        }
        after = last;
      } while (after !== null && !this.#stopped);
    } finally {
      if (files > 0) this.#options.onFilesGivenUp();
    }
    if (emptied > 0 && !this.#stopped) await messages.reclaim();
  }

  #runInTurn(): void {
    this.#running = this.#running
      .then(async () => {
        await this.run();
      })
      .catch(this.#options.onError);
  }
}
