import { randomUUID } from 'node:crypto';
import type { LogEntry, RoomId, Seq } from '@undertone/protocol';
import type { FastifyBaseLogger } from 'fastify';
import { Notices } from '../database/notices.ts';
import { feedGapsFilled, feedPolls } from '../metrics/instruments.ts';
import type { Bus, BusEvent, BusHandler } from './bus.ts';
import { channelOf, decodeMessage, encodeMessage, everyone, isShared, roomChannel } from './bus-message.ts';
import { encodeEntries } from './encoded-entries.ts';
import { RedisLink, type RedisTimes } from './redis-link.ts';
import { RoomFeed } from './room-feed.ts';

export interface BusTimes extends RedisTimes {
  /** How often the heads of followed rooms are read while Redis is away. */
  readonly pollAwayMs: number;
  /** The same while it is not: who is killed between writing and telling tells nobody. */
  readonly pollMs: number;
  /** How often `recheck` is published while Redis is away, and while it is not. */
  readonly recheckAwayMs: number;
  readonly recheckMs: number;
  /** How long a gap may stand before it is read from the log, while Redis is up. */
  readonly gapMs: number;
}

export const defaultBusTimes: BusTimes = {
  echoEveryMs: 150,
  echoMaxMs: 600,
  retryMs: 250,
  pollAwayMs: 400,
  pollMs: 2_000,
  recheckAwayMs: 1_000,
  recheckMs: 60_000,
  gapMs: 100,
};

/** What the feeds read of the logs, whoever may. */
export interface FeedLog {
  heads(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Seq>>;
  /** Of these rooms those whose head is beyond the place that is given with each. */
  moved(places: ReadonlyMap<RoomId, Seq>): Promise<ReadonlyMap<RoomId, Seq>>;
  following(room: RoomId, after: Seq): Promise<{ readonly entries: readonly LogEntry[]; readonly more: boolean }>;
}

export interface RedisBusOptions {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** The same for all processes of a deployment, and for no others. */
  readonly namespace: string;
  readonly log: FeedLog;
  readonly times: BusTimes;
  readonly logger: FastifyBaseLogger;
}

interface Followed {
  readonly feed: RoomFeed;
  /** Resolves when the feed has begun. */
  begun: Promise<void> | undefined;
}

/** Of use now or never: nothing is read again for them. */
const momentary: ReadonlySet<BusEvent['kind']> = new Set(['signal', 'sends_taken', 'presence']);

/** What a process says by the database that could not say it by Redis: look into the logs, or read everything else again. */
type Hint = 'entries' | 'recheck';

/**
 * The bus of several processes: pub/sub by Redis, with the log in PostgreSQL behind it. Events of this process reach its own sockets at
 * once, and the others by Redis: those of a room on its channel, to which only processes with sockets in it subscribe.
 *
 * Nothing relies on Redis. Entries go through a `RoomFeed` each room, which knows what is missing. While Redis is away this process reads the
 * heads of its rooms again and again, in one statement; and since those that still have Redis hear nothing from it, it tells them by
 * PostgreSQL's NOTIFY that there is something to read.
 */
export class RedisBus implements Bus {
  readonly redis: RedisLink;
  readonly #options: RedisBusOptions;
  readonly #notices: Notices;
  readonly #handlers = new Set<BusHandler>();
  readonly #followed = new Map<RoomId, Followed>();
  readonly #id = randomUUID();
  readonly #idBytes = new Uint8Array(Buffer.from(this.#id.replaceAll('-', ''), 'hex'));
  readonly #hints = new Set<Hint>();
  #polling: Promise<void> | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #recheckTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RedisBusOptions) {
    const { redisUrl, databaseUrl, namespace, times } = options;
    this.#options = options;
    this.redis = new RedisLink({
      url: redisUrl,
      namespace,
      processId: this.#id,
      times,
      onMessage: (_channel, data) => this.#receive(data),
      onChange: (up) => this.#changed(up),
      onAway: (reason) =>
        options.logger.warn({ reason }, 'Redis is away: messages pass by the database until it is back'),
    });
    this.#notices = new Notices({
      url: databaseUrl,
      onNotice: (text) => this.#noticed(text),
      onListening: () => this.#lookAtEverything(),
      onError: (err) => this.#failed(err, 'listening to the database failed'),
    });
  }

  /** Begin. Whether Redis answers or not makes no difference to the caller. */
  async start(): Promise<void> {
    await Promise.all([this.redis.subscribe([everyone]), this.redis.start(), this.#notices.start()]);
    this.#lookAtEverything();
  }

  publish(event: BusEvent): void {
    const followed = event.kind === 'entries' ? this.#followed.get(event.room) : undefined;
    if (followed && event.kind === 'entries') followed.feed.offer(event);
    else this.#deliver(event);
    if (!isShared(event) || this.redis.publish(channelOf(event), encodeMessage(this.#idBytes, event))) return;
    if (event.kind === 'entries') this.#hint('entries');
    else if (!momentary.has(event.kind)) this.#hint('recheck');
  }

  subscribe(handler: BusHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async follow(rooms: readonly RoomId[]): Promise<void> {
    const fresh = rooms.filter((room) => this.#follow(room).begun === undefined);
    if (fresh.length > 0) {
      const begun = this.#begin(fresh);
      for (const room of fresh) this.#follow(room).begun = begun;
    }
    await Promise.all(rooms.map((room) => this.#follow(room).begun));
  }

  unfollow(room: RoomId): void {
    this.#followed.get(room)?.feed.close();
    if (this.#followed.delete(room)) this.redis.unsubscribe(roomChannel(room));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#recheckTimer);
    for (const { feed } of this.#followed.values()) feed.close();
    this.redis.close();
    await this.#polling;
    await this.#notices.close();
  }

  #follow(room: RoomId): Followed {
    const { log, times, logger } = this.#options;
    const known = this.#followed.get(room);
    if (known) return known;
    const feed = new RoomFeed({
      read: async (after) => {
        const { entries, more } = await log.following(room, after);
        return { entries: entries.map((entry) => encodeEntries(room, [entry])), more };
      },
      deliver: (entries) => this.#deliver({ ...entries, kind: 'entries', room }),
      patienceMs: () => (this.redis.up ? times.gapMs : 0),
      onFilled: (entries) => feedGapsFilled.inc(entries),
      onError: (err) => logger.error({ err }, 'reading a log for its feed failed'),
    });
    const followed: Followed = { feed, begun: undefined };
    this.#followed.set(room, followed);
    return followed;
  }

  /** First the subscription, then the head: nothing falls between. */
  async #begin(rooms: readonly RoomId[]): Promise<void> {
    const begun = rooms.map((room) => [room, this.#follow(room)] as const);
    try {
      await this.redis.subscribe(rooms.map(roomChannel));
      const heads = await this.#options.log.heads(rooms);
      for (const [room, { feed }] of begun) feed.begin(heads.get(room) ?? (0 as Seq));
    } catch (error) {
      for (const [, followed] of begun) followed.begun = undefined;
      throw error;
    }
  }

  #deliver(event: BusEvent): void {
    for (const handler of this.#handlers) handler(event);
  }

  #receive(data: Uint8Array): void {
    try {
      const event = decodeMessage(this.#idBytes, data);
      if (event === undefined) return;
      if (event.kind !== 'entries') this.#deliver(event);
      else this.#followed.get(event.room)?.feed.offer(event);
    } catch (err) {
      this.#failed(err, 'a message of another process cannot be read');
    }
  }

  #changed(up: boolean): void {
    if (up) this.#options.logger.info('Redis is there');
    this.#deliver({ kind: 'reach', others: up });
    // What was published of late may not have arrived.
    this.#hint('entries');
    this.#hint('recheck');
    this.#lookAtEverything();
  }

  /** Tell the others by the database; what comes together is told once. */
  #hint(hint: Hint): void {
    if (this.#hints.size === 0) {
      setImmediate(() => {
        const hints = [...this.#hints];
        this.#hints.clear();
        this.#notices
          .say([this.#id, ...hints].join(' '))
          .catch((err: unknown) => this.#failed(err, 'telling the other processes failed'));
      });
    }
    this.#hints.add(hint);
  }

  #noticed(text: string): void {
    const [from, ...hints] = text.split(' ');
    if (from === this.#id) return;
    if (hints.includes('entries')) this.#poll();
    if (hints.includes('recheck')) this.#recheck();
  }

  #lookAtEverything(): void {
    this.#poll();
    this.#recheck();
  }

  #recheck(): void {
    if (this.#closed) return;
    clearTimeout(this.#recheckTimer);
    const { recheckAwayMs, recheckMs } = this.#options.times;
    this.#recheckTimer = setTimeout(() => this.#recheck(), this.redis.up ? recheckMs : recheckAwayMs).unref();
    this.#deliver({ kind: 'recheck' });
  }

  /** Look now at how far the logs are; once more after a look that is under way. */
  #poll(): void {
    if (this.#closed) return;
    clearTimeout(this.#pollTimer);
    const { pollAwayMs, pollMs } = this.#options.times;
    this.#pollTimer = setTimeout(() => this.#poll(), this.redis.up ? pollMs : pollAwayMs).unref();
    if (this.#polling) {
      void this.#polling.then(() => this.#look());
      return;
    }
    this.#look();
  }

  #look(): void {
    this.#polling ??= this.#expectHeads()
      .catch((err: unknown) => this.#failed(err, 'looking at the logs failed'))
      .finally(() => {
        this.#polling = undefined;
      });
  }

  async #expectHeads(): Promise<void> {
    const places = new Map<RoomId, Seq>();
    for (const [room, { feed }] of this.#followed) if (feed.passed !== undefined) places.set(room, feed.passed);
    if (places.size === 0 || this.#closed) return;
    feedPolls.inc();
    for (const [room, head] of await this.#options.log.moved(places)) this.#followed.get(room)?.feed.expect(head);
  }

  #failed(err: unknown, what: string): void {
    if (!this.#closed) this.#options.logger.error({ err }, what);
  }
}
