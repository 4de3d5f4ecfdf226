import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type AccountId, decodeMsgpack, type LogEntry, type RoomId, type Seq } from '@undertone/protocol';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Bus, type BusEvent, LocalBus } from '../src/bus/bus.ts';
import { encodeEntries } from '../src/bus/encoded-entries.ts';
import { defaultBusTimes, type FeedLog, RedisBus } from '../src/bus/redis-bus.ts';
import { databases } from './support/databases.ts';
import { RedisServer, redisAvailable } from './support/redis-server.ts';

const room = randomUUID() as RoomId;
const account = randomUUID() as AccountId;
const entry = (seq: number): LogEntry => ({ kind: 'notice', seq, account, devices: [] }) as unknown as LogEntry;
const entries = (...seqs: number[]): BusEvent => ({ kind: 'entries', room, ...encodeEntries(room, seqs.map(entry)) });
const gone: BusEvent = { kind: 'gone', room, account };

/** What a listener heard, but for hints to look again, which a bus may give at any time. */
class Heard {
  readonly events: BusEvent[] = [];
  constructor(bus: Bus) {
    bus.subscribe((event) => {
      if (event.kind !== 'recheck') this.events.push(event);
    });
  }
  get seqs(): number[] {
    return this.events.flatMap((event) => {
      const frame =
        event.kind === 'entries' ? (decodeMsgpack(event.frame) as { entries: LogEntry[] }) : { entries: [] };
      return frame.entries.map(({ seq }) => seq);
    });
  }
  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

/** A log in memory, of one room. */
class Log implements FeedLog {
  seqs: number[] = [];
  async heads() {
    return new Map([[room, (this.seqs.at(-1) ?? 0) as Seq]]);
  }
  async moved(places: ReadonlyMap<RoomId, Seq>) {
    const head = (this.seqs.at(-1) ?? 0) as Seq;
    return new Map([...places].filter(([, place]) => head > place).map(([id]) => [id, head]));
  }
  async following(_room: RoomId, after: Seq) {
    return { entries: this.seqs.filter((seq) => seq > after).map(entry), more: false };
  }
}

const postgres = databases.find(({ name }) => name === 'PostgreSQL');
const several = redisAvailable && postgres?.available === true;
const log = new Log();
let redis: RedisServer;
let databaseUrl: string;
let drop = async (): Promise<void> => {};
const open: RedisBus[] = [];

beforeAll(async () => {
  if (!several || !postgres) return;
  redis = await RedisServer.create();
  await redis.start();
  const database = await postgres.create();
  drop = database.drop;
  databaseUrl = 'url' in database.location ? database.location.url : '';
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
  log.seqs = [];
});
afterAll(async () => {
  await redis?.kill();
  await drop();
});

async function redisBus(
  namespace = 'test',
  redisUrl = redis.url,
  logger = pino({ level: 'silent' }),
): Promise<RedisBus> {
  const bus = new RedisBus({ redisUrl, databaseUrl, namespace, log, times: defaultBusTimes, logger });
  open.push(bus);
  await bus.start();
  return bus;
}

const implementations = [
  { name: 'in one process', available: true, create: async (): Promise<Bus> => new LocalBus() },
  { name: 'by Redis', available: several, create: (): Promise<Bus> => redisBus() },
];

for (const { name, available, create } of implementations) {
  describe.skipIf(!available)(`a bus ${name}`, () => {
    it('delivers events of its own process at once, in order, until one unsubscribes', async () => {
      const bus = await create();
      const heard: BusEvent[] = [];
      const unsubscribe = bus.subscribe((event) => heard.push(event));
      await bus.follow([room]);
      heard.length = 0;
      bus.publish(gone);
      bus.publish(entries(1, 2));
      bus.publish(entries(3));
      bus.publish({ kind: 'blobs_given_up' });
      expect(heard.map(({ kind }) => kind)).toEqual(['gone', 'entries', 'entries', 'blobs_given_up']);
      unsubscribe();
      bus.publish(gone);
      expect(heard).toHaveLength(4);
    });

    it('delivers entries of its own process also in rooms that are not followed', async () => {
      const bus = await create();
      const heard = new Heard(bus);
      bus.publish(entries(7));
      await bus.follow([room]);
      bus.unfollow(room);
      bus.publish(entries(9));
      expect(heard.seqs).toEqual([7, 9]);
    });
  });
}

describe.skipIf(!several)('a bus that begins without Redis', () => {
  const nobody = async (): Promise<string> => {
    const stopped = await RedisServer.create();
    return stopped.url;
  };
  /** One that does not know the first command that it is sent, and repeats it. */
  const strange = async (): Promise<string> => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .on('data', (data) => {
          const words = data
            .toString()
            .split('\r\n')
            .filter((word) => /^[\w-]+$/.test(word));
          socket.write(`-ERR unknown command '${words[0]}', with args beginning with: ${words.slice(1).join(' ')}\r\n`);
        }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    strangers.push(server);
    return `redis://:not-to-be-told@127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const strangers: Server[] = [];
  afterAll(() => {
    for (const server of strangers) server.close();
  });
  const reasons = [
    { why: 'nothing listens', url: nobody, reason: 'ECONNREFUSED' },
    {
      why: 'the password is wrong',
      url: async () => redis.url.replace('//', '//nobody:not-to-be-told@'),
      reason: 'WRONGPASS',
    },
    { why: 'it repeats the password', url: strange, reason: 'unknown command' },
  ];

  for (const { why, url, reason } of reasons) {
    it(`says why in the log: ${why}`, async () => {
      const lines: string[] = [];
      await redisBus('test', await url(), pino({ base: null }, { write: (line) => lines.push(line) }));
      expect(lines).toHaveLength(1);
      const [line] = lines.map((text) => JSON.parse(text));
      expect(line.msg).toContain('Redis is away');
      expect(line.reason).toContain(reason);
      expect(lines[0]).not.toContain('not-to-be-told');
    });
  }

  it('serves when Redis takes connections and answers nothing, and joins the others when it does', async () => {
    const frozen = await RedisServer.create();
    await frozen.start();
    frozen.freeze(true);
    const lines: string[] = [];
    const bus = await redisBus('test', frozen.url, pino({ base: null }, { write: (line) => lines.push(line) }));
    expect(bus.redis.up).toBe(false);
    expect(JSON.parse(lines[0] ?? '').reason).toContain('no answer');
    frozen.freeze(false);
    await expect.poll(() => bus.redis.up, { timeout: 10_000 }).toBe(true);
    await frozen.kill();
  });
});

describe.skipIf(!several)('buses of two processes', () => {
  it('events reach the other one, those of a room only where it is followed', async () => {
    const [first, second] = [await redisBus(), await redisBus()];
    const heard = new Heard(second);
    first.publish(entries(1));
    first.publish(gone);
    await expect.poll(() => heard.kinds).toEqual(['gone']);
    log.seqs = [1];
    await second.follow([room]);
    log.seqs = [1, 2];
    first.publish(entries(2));
    first.publish({ kind: 'blobs_given_up' });
    first.publish(gone);
    await expect.poll(() => heard.kinds).toEqual(['gone', 'entries', 'gone']);
    expect(heard.seqs).toEqual([2]);
  });

  it('another deployment on the same Redis hears nothing', async () => {
    const [first, stranger, second] = [await redisBus(), await redisBus('other'), await redisBus()];
    const [strange, heard] = [new Heard(stranger), new Heard(second)];
    first.publish(gone);
    await expect.poll(() => heard.kinds).toEqual(['gone']);
    expect(strange.kinds).toEqual([]);
  });

  it('L1 entries that two processes append reach both in order', async () => {
    const buses = [await redisBus(), await redisBus()];
    const all = buses.map((bus) => new Heard(bus));
    await Promise.all(buses.map((bus) => bus.follow([room])));
    for (let seq = 1; seq <= 100; seq += 1) {
      log.seqs.push(seq);
      buses[seq % 2]?.publish(entries(seq));
    }
    for (const heard of all) await expect.poll(() => heard.seqs).toEqual(log.seqs);
  });

  it('L5 what was written and never told is found in the log', async () => {
    const bus = await redisBus();
    const heard = new Heard(bus);
    await bus.follow([room]);
    log.seqs = [1, 2, 3];
    await expect.poll(() => heard.seqs, { timeout: 5_000 }).toEqual([1, 2, 3]);
  });

  it('while Redis is away entries come within a second, and control events become rechecks; then all is as before', async () => {
    const [first, second] = [await redisBus(), await redisBus()];
    const heard = new Heard(second);
    let rechecks = 0;
    second.subscribe((event) => {
      if (event.kind === 'recheck') rechecks += 1;
    });
    await second.follow([room]);
    for (const stop of [() => redis.kill(), async () => redis.freeze(true)]) {
      await stop();
      const next = (log.seqs.at(-1) ?? 0) + 1;
      log.seqs.push(next);
      first.publish(entries(next));
      await expect.poll(() => heard.seqs.at(-1), { timeout: 1_000 }).toBe(next);
      await expect.poll(() => [first.redis.up, second.redis.up]).toEqual([false, false]);
      const before = rechecks;
      first.publish(gone);
      await expect.poll(() => rechecks).toBeGreaterThan(before);
      redis.freeze(false);
      await redis.kill();
      await redis.start();
      await expect.poll(() => [first.redis.up, second.redis.up], { timeout: 5_000 }).toEqual([true, true]);
      first.publish(gone);
      await expect.poll(() => heard.kinds.at(-1)).toBe('gone');
    }
  });

  it('a process that begins while Redis is away serves, and joins the others when it is there', async () => {
    await redis.kill();
    const [first, second] = [await redisBus(), await redisBus()];
    const heard = new Heard(second);
    await second.follow([room]);
    log.seqs = [1];
    first.publish(entries(1));
    await expect.poll(() => heard.seqs, { timeout: 1_000 }).toEqual([1]);
    await redis.start();
    await expect.poll(() => [first.redis.up, second.redis.up], { timeout: 5_000 }).toEqual([true, true]);
    first.publish(gone);
    await expect.poll(() => heard.kinds.at(-1)).toBe('gone');
  });
});
