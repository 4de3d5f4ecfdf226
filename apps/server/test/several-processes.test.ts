import { randomBytes } from 'node:crypto';
import type { LogEntry, RoomId } from '@undertone/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from './support/databases.ts';
import { namespacesAvailable } from './support/network-namespace.ts';
import { at, codeOf, entryId, goodPassword, Person } from './support/person.ts';
import { RedisServer, redisAvailable } from './support/redis-server.ts';
import { servicesRequired } from './support/services.ts';
import { type Process, ThreeProcesses } from './support/three-processes.ts';
import { append, begin, bytesOf, download, offsetOf } from './support/upload.ts';

const postgres = databases.find(({ name }) => name === 'PostgreSQL');
const available = postgres?.available === true && redisAvailable;
/** How long a message may take from sent to read while Redis is away: from the log, within a second. */
const fromLogMaxMs = 1_000;
/** The same when Redis goes without a word: that has to be noticed first. */
const silentMaxMs = 1_500;

it.skipIf(!servicesRequired)('PostgreSQL and Redis are there, and networks can be cut', () => {
  expect({ available, namespacesAvailable }).toEqual({ available: true, namespacesAvailable: true });
});

describe.skipIf(!available)('three processes on one PostgreSQL and one Redis', () => {
  const three = new ThreeProcesses();
  const { processes } = three;
  let redis: RedisServer;
  let people: [Person, Person, Person];
  let room: RoomId;

  beforeAll(async () => {
    if (!postgres) return;
    redis = await RedisServer.create();
    await redis.start();
    await three.start(postgres, redis);
    const [alice, bob, carol] = await Promise.all(processes.map(({ origin }) => Person.online(origin)));
    if (!alice || !bob || !carol) throw new Error('nobody');
    people = [alice, bob, carol];
    room = await alice.room('On three');
    await alice.found(room);
    for (const [epoch, person] of [bob, carol].entries()) {
      await person.join(room);
      await person.enter(room, at(1, epoch));
    }
  }, 120_000);
  afterAll(async () => {
    await redis?.kill();
    await three.close();
  });

  let epoch = 2;
  const say = (person: Person) => person.send(room, at(1, epoch));
  const hears = (person: Person, seq: number): Promise<LogEntry[]> =>
    person.socket.entriesUntil(room, (entries) => entries.some((entry) => entry.seq === seq));

  function expectGapless(person: Person): void {
    const seqs = person.socket.entries(room).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  }

  /** Everyone says something; returns after how long the last of the others had it. */
  async function talk(): Promise<number> {
    let slowest = 0;
    for (const speaker of people) {
      const { seq } = await say(speaker);
      const saidAt = performance.now();
      await Promise.all(people.map((person) => hears(person, seq)));
      slowest = Math.max(slowest, performance.now() - saidAt);
    }
    return slowest;
  }

  const allReady = async (state: 'up' | 'away'): Promise<void> => {
    await expect
      .poll(() => Promise.all(processes.map(async (process) => (await process.ready()).redis)), { timeout: 5_000 })
      .toEqual([state, state, state]);
  };

  it('L1 L5 people on all of them talk at once, and everyone reads the same, in order', async () => {
    await allReady('up');
    await talk();
    const acks = await Promise.all(Array.from({ length: 300 }, (_, i) => say(people[i % 3] ?? people[0])));
    const last = Math.max(...acks.map(({ seq }) => seq));
    for (const person of people) await hears(person, last);
    people.forEach(expectGapless);
    const [alice, bob, carol] = people.map((person) => person.socket.entries(room).slice(-300));
    expect(bob).toEqual(alice);
    expect(carol).toEqual(alice);
  });

  it('R2 of commits racing on three exactly one wins, whoever sends meanwhile', async () => {
    for (; epoch < 12; epoch += 1) {
      const commits = people.map((person) => person.commit(room, at(1, epoch)));
      const sends = Promise.allSettled(people.flatMap((person) => [say(person), say(person)]));
      const outcomes = await Promise.allSettled(commits);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      await sends;
    }
    const { seq } = await say(people[0]);
    for (const person of people) await hears(person, seq);
    people.forEach(expectGapless);
    let reached = 0;
    const { entries } = await people[1].socket.request<'page'>({ type: 'pull', room, before: seq, limit: 200 });
    for (const entry of entries) {
      expect(entry.epoch).toBeGreaterThanOrEqual(reached);
      reached = entry.epoch;
    }
  });

  it('A6 R6 what ends on one process ends on the others', async () => {
    const [first, second, third] = processes;
    const dave = await Person.online(first?.origin ?? '');
    const elsewhere = async (process: Process | undefined): Promise<Person> => {
      const other = new Person(process?.origin ?? '');
      [other.http.cookie, other.key, other.me] = [dave.http.cookie, dave.key, dave.me];
      await other.connect();
      return other;
    };
    const [there, further] = [await elsewhere(second), await elsewhere(third)];
    await dave.join(room);
    for (const person of [there, further]) await person.socket.nextOf('room', (frame) => frame.room.id === room);
    await there.leave(room);
    for (const person of [dave, further]) await person.socket.nextOf('room_gone', (frame) => frame.room === room);
    await further.http.ok('DELETE', '/sessions/current');
    for (const person of [dave, there, further]) expect((await person.socket.closed).code).toBe(4401);
  });

  it('F2 an upload goes on at any process, and is read at any', async () => {
    const data = new Uint8Array(randomBytes(300_000));
    const [alice, bob, carol] = people;
    const as = (person: Person) => ({ origin: person.http.origin, cookie: alice.http.cookie }) as typeof alice.http;
    const id = await begin(alice.http, data.length);
    expect((await append(as(bob), id, 0, data.subarray(0, 100_000))).status).toBe(204);
    expect(await offsetOf(as(carol), id)).toBe(100_000);
    expect((await append(as(carol), id, 100_000, data.subarray(100_000))).status).toBe(204);
    const envelope = { room, ...at(1, epoch), id: entryId(), kind: 'message' as const, body: data.subarray(0, 64) };
    await alice.socket.request({ type: 'send', ...envelope, blobs: [id] });
    expect(await bytesOf(await download(bob.http, id))).toEqual(data);
  });

  it('wrong passwords count together', async () => {
    const name = people[0].me.account.username;
    const [first, second] = processes.map(({ origin }) => new Person(origin));
    const wrong = { username: name, password: 'Wrong horse 9' };
    for (const person of [first, second, first]) {
      expect((await person?.http.refused('POST', '/sessions', wrong))?.code).toBe('wrong_credentials');
    }
    const refusal = await second?.http.refused('POST', '/sessions', { ...wrong, password: goodPassword });
    expect(refusal?.code).toBe('rate_limited');
  });

  it('P1 P3 presence is that of all processes, and unknown while Redis is away', async () => {
    const [alice, bob, carol] = people;
    const watch = (person: Person) =>
      person.socket.request<'watching'>({ type: 'watch', accounts: people.map(({ account }) => account) });
    const all = people.map(({ account }) => account);
    for (const person of people) {
      await expect.poll(async () => (await watch(person)).online, { timeout: 5_000 }).toEqual(all);
    }
    await bob.socket.request({ type: 'activity', state: 'away' });
    for (const person of [alice, carol]) {
      await person.socket.nextOf('presence', ({ away }) => away.includes(bob.account));
    }
    await redis.kill();
    await carol.socket.nextOf('presence', ({ unknown }) => unknown.includes(bob.account));
    expect((await watch(carol)).online).toEqual([carol.account]);
    await redis.start();
    await carol.socket.nextOf('presence', ({ online }) => online.includes(alice.account));
    await allReady('up');
    // Each process tells of its own people when it is back itself.
    await expect
      .poll(() => watch(carol), { timeout: 5_000 })
      .toMatchObject({ online: [alice.account, carol.account], away: [bob.account], unknown: [] });
  });

  it('while Redis is stopped messages come within a second, sessions end, and nobody is refused', async () => {
    await redis.kill();
    await allReady('away');
    expect(await talk()).toBeLessThan(fromLogMaxMs);
    expect(await processes[0]?.metric('undertone_redis_up')).toBe(0);
    expect(await processes[0]?.metric('undertone_feed_polls_total')).toBeGreaterThan(0);
    expect(await processes[0]?.metric('undertone_feed_entries_filled_total')).toBeGreaterThan(0);
    const dave = await Person.online(processes[0]?.origin ?? '');
    const there = new Person(processes[1]?.origin ?? '');
    there.http.cookie = dave.http.cookie;
    await there.connect();
    await dave.join(room);
    await there.socket.nextOf('room', (frame) => frame.room.id === room);
    await dave.http.ok('DELETE', '/sessions/current');
    expect((await there.socket.closed).code).toBe(4401);
    await redis.start();
    await allReady('up');
    expect(await processes[0]?.metric('undertone_redis_up')).toBe(1);
    await talk();
    people.forEach(expectGapless);
  });

  it('while Redis does not answer, its connections open, messages come as well', async () => {
    redis.freeze(true);
    expect(await talk()).toBeLessThan(silentMaxMs);
    await allReady('away');
    expect(await talk()).toBeLessThan(fromLogMaxMs);
    redis.freeze(false);
    await allReady('up');
    people.forEach(expectGapless);
  });

  it.skipIf(!namespacesAvailable)(
    'a process that is cut off from Redis, the others not: messages pass both ways',
    async () => {
      three.redisLine?.cut(true);
      expect(await talk()).toBeLessThan(silentMaxMs);
      await expect.poll(async () => (await processes[2]?.ready())?.redis).toBe('away');
      expect(await talk()).toBeLessThan(fromLogMaxMs);
      expect((await processes[0]?.ready())?.redis).toBe('up');
      three.redisLine?.cut(false);
      await allReady('up');
      await talk();
      people.forEach(expectGapless);
    },
  );

  it.skipIf(!namespacesAvailable)(
    'a process that is cut off from PostgreSQL is not ready, and catches up',
    async () => {
      const [alice, bob, carol] = people;
      three.databaseLine?.cut(true);
      expect((await processes[2]?.ready())?.status).toBe(503);
      const waiting = say(carol);
      const { seq } = await say(alice);
      await hears(bob, seq);
      // What is told by Redis needs no database.
      await hears(carol, seq);
      expect((await processes[0]?.ready())?.status).toBe(200);
      three.databaseLine?.cut(false);
      const late = await waiting;
      for (const person of people) await hears(person, late.seq);
      await expect.poll(async () => (await processes[2]?.ready())?.status, { timeout: 20_000 }).toBe(200);
      people.forEach(expectGapless);
    },
  );

  it('L2 a process is killed: its people go on at another one, and what it acknowledged is there', async () => {
    const [alice, bob, carol] = people;
    const acks = Array.from({ length: 50 }, () => say(bob).catch(() => undefined));
    const first = await acks[0];
    await processes[1]?.end('SIGKILL');
    const acknowledged = (await Promise.all(acks)).filter((ack) => ack !== undefined);
    expect(first).toBeDefined();
    const back = new Person(processes[0]?.origin ?? '');
    [back.http.cookie, back.key, back.me] = [bob.http.cookie, bob.key, bob.me];
    await back.connect();
    const { seq } = await say(back);
    // Also what was written and never told.
    for (const person of [alice, carol]) {
      const entries = await hears(person, seq);
      for (const ack of acknowledged)
        expect(entries.find(({ seq: place }) => place === ack.seq)).toMatchObject({ id: ack.id });
      expectGapless(person);
    }
    expect(await codeOf(back.send(room, at(1, epoch - 1)))).toBe('stale_epoch');
  });
});
