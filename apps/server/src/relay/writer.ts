import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Sql } from '../database/sql.ts';
import { fanOutSeconds, flushEnvelopes, flushSeconds } from '../metrics/instruments.ts';
import { serverLimits } from '../server-limits.ts';
import { appendKnown } from './append-known.ts';
import { appendSends, type SendOutcome, type SendRequest } from './append-sends.ts';
import { KnownRooms } from './known-rooms.ts';
import { Outbox } from './outbox.ts';

/** An outbox of its own for each try: a transaction that is tried again begins with an empty one. */
async function withOutbox<T>(sql: Sql, run: (outbox: Outbox) => Promise<T>): Promise<{ value: T; outbox: Outbox }> {
  const outbox = new Outbox();
  const value = await run(outbox);
  await outbox.append(sql);
  return { value, outbox };
}

interface SendJob {
  readonly kind: 'send';
  readonly request: SendRequest;
  settle(outcome: SendOutcome): void;
}

interface ExclusiveJob {
  readonly kind: 'exclusive';
  /** Runs the transaction; resolves with what is to be told, when its caller has heard. Never rejects. */
  run(): Promise<Outbox>;
}

/**
 * The one writer of logs in this process (SPEC L2). Jobs run in the order in which they came: successive sends share one
 * transaction (group commit: a flush begins at once when none is under way, and takes whatever came while one was), all else
 * (commits, joins ...) has one of its own. As only one transaction is under way, entries of a room are told in the order of
 * their seq. Between processes on one PostgreSQL the rooms' row locks give the order.
 */
export class RelayWriter {
  readonly #database: Database;
  readonly #bus: Bus;
  readonly #known = new KnownRooms();
  #queue: (SendJob | ExclusiveJob)[] = [];
  #loop: Promise<void> | undefined;

  constructor(database: Database, bus: Bus) {
    this.#database = database;
    this.#bus = bus;
    bus.subscribe((event) => {
      if (event.kind === 'entries' && !event.plain) this.#known.forget(event.room);
    });
  }

  /** Append one envelope. Resolves when it is durable, or with the reason why it was refused. */
  send(request: SendRequest): Promise<SendOutcome> {
    return new Promise((settle) => this.#enqueue({ kind: 'send', request, settle }));
  }

  /** Run a transaction of its own. What it puts in the outbox is told after it is durable and the caller has heard. */
  exclusive<T>(run: (tx: Tx, outbox: Outbox) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const job = async (): Promise<Outbox> => {
        try {
          const { value, outbox } = await this.#database.transaction((tx) => withOutbox(tx, (fresh) => run(tx, fresh)));
          resolve(value);
          return outbox;
        } catch (error) {
          reject(error);
          return new Outbox();
        }
      };
      this.#enqueue({ kind: 'exclusive', run: job });
    });
  }

  /** Resolves when everything that was asked for so far has been written and told. */
  async idle(): Promise<void> {
    while (this.#loop) await this.#loop;
  }

  #enqueue(job: SendJob | ExclusiveJob): void {
    this.#queue.push(job);
    this.#loop ??= this.#drain().finally(() => {
      this.#loop = undefined;
    });
  }

  async #drain(): Promise<void> {
    await nextTurn();
    while (this.#queue.length > 0) {
      const first = this.#queue[0];
      const outbox =
        first?.kind === 'exclusive' ? await this.#runExclusive(first) : await this.#flush(this.#takeSends());
      // Answers go out in the microtasks of this turn; what is pushed follows them.
      const fannedOut = fanOutSeconds.startTimer();
      await nextTurn();
      outbox.publish(this.#bus);
      if (!outbox.isEmpty) fannedOut();
      // First the sockets are written to, and what has come in is read: the larger the next flush, the less each of it costs.
      await nextTurn();
      await nextTurn();
    }
  }

  #runExclusive(job: ExclusiveJob): Promise<Outbox> {
    this.#queue.shift();
    return job.run();
  }

  #takeSends(): SendJob[] {
    const jobs: SendJob[] = [];
    let size = 0;
    for (const job of this.#queue) {
      if (job.kind !== 'send' || jobs.length === serverLimits.flushMaxSends) break;
      size += job.request.body.length;
      if (jobs.length > 0 && size > serverLimits.flushMaxBytes) break;
      jobs.push(job);
    }
    this.#queue.splice(0, jobs.length);
    return jobs;
  }

  async #flush(jobs: readonly SendJob[]): Promise<Outbox> {
    flushEnvelopes.observe(jobs.length);
    const flushed = flushSeconds.startTimer();
    try {
      const requests = jobs.map((job) => job.request);
      const { value, outbox } =
        (await appendKnown(this.#database, this.#known, requests)) ?? (await this.#appendRead(requests));
      flushed();
      for (const [index, job] of jobs.entries()) job.settle(value[index] ?? new Error('no outcome'));
      return outbox;
    } catch (error) {
      flushed();
      if (jobs.length > 1) return this.#flushOneByOne(jobs);
      for (const job of jobs) job.settle(error instanceof Error ? error : new Error(String(error)));
      return new Outbox();
    }
  }

  /** The long way: everything is read under the rooms' locks, and remembered. */
  async #appendRead(requests: readonly SendRequest[]): Promise<{ value: SendOutcome[]; outbox: Outbox }> {
    const { value, outbox } = await this.#database.sqlTransaction((sql) =>
      withOutbox(sql, (fresh) => appendSends(sql, requests, fresh)),
    );
    for (const { room, active } of value.read) this.#known.learn(room, active);
    return { value: value.outcomes, outbox };
  }

  /** A flush failed as a whole: what one envelope did must not cost the others their place. */
  async #flushOneByOne(jobs: readonly SendJob[]): Promise<Outbox> {
    for (const job of jobs) {
      const outbox = await this.#flush([job]);
      await nextTurn();
      outbox.publish(this.#bus);
    }
    return new Outbox();
  }
}
