import { limits, type RoomId, type Seq, type ServerFrameOf } from '@undertone/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { registry } from '../src/metrics/instruments.ts';
import { serverLimits } from '../src/server-limits.ts';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { at, blob, entryId, Person } from './support/person.ts';

let server: TestServer;
let alice: Person;
let slow: Person;
let room: RoomId;
beforeAll(async () => {
  server = await startTestServer({ settings: { sendsPerSecond: 100_000 } });
});
afterAll(() => server.close());
beforeEach(async () => {
  [alice, slow] = [await Person.online(server.origin), await Person.online(server.origin)];
  room = await alice.room(`Busy ${entryId()}`);
  await alice.found(room);
  await slow.join(room);
  await slow.socket.nextOf('room', (frame) => frame.room.id === room);
});
afterEach(async () => {
  for (const { socket } of [alice, slow]) {
    socket.socket.resume();
    socket.close();
    await socket.closed;
  }
});

async function metric(name: string): Promise<number> {
  const { values } = (await registry.getSingleMetric(`undertone_${name}`)?.get()) ?? { values: [] };
  return values[0]?.value ?? Number.NaN;
}

const body = blob(limits.envelopeMaxBytes);
const send = (target = room) =>
  alice.socket.request<'ack'>({ type: 'send', room: target, ...at(1, 0), id: entryId(), kind: 'message', body });

/** One frame of a flush may go over the bound; so much waits at most. */
const waitingMax = serverLimits.pushBufferMaxBytes + serverLimits.flushMaxBytes + 64 * 1024;

/** Say so much that someone who does not read falls behind, and then some. Resolves with the last place, and with what waited at most. */
async function talk(caughtUp: () => Promise<boolean>, further: number): Promise<{ last: Seq; waited: number }> {
  let waited = 0;
  let last = 0 as Seq;
  // The kernel's buffers take some megabytes (tens, where it lets them grow) before anything waits in the process.
  for (let sent = 0, rest = further; rest > 0; sent += 25) {
    if (sent > 4_000) throw new Error('nobody fell behind');
    const acks = await Promise.all(Array.from({ length: 25 }, () => send()));
    last = Math.max(...acks.map(({ seq }) => seq)) as Seq;
    waited = Math.max(waited, await metric('socket_waiting_bytes'));
    if (await caughtUp()) rest -= 1;
  }
  return { last, waited };
}

/** Read on as a client does: pushes in their order; after a `head`, pages up to where pushes go on (SPEC L5, L8). */
async function readAll(person: Person, from: number, last: Seq): Promise<number[]> {
  const seqs: number[] = [];
  let cursor = from;
  const take = (entries: ServerFrameOf<'page'>['entries']) => {
    for (const { seq } of entries) {
      if (seq !== cursor + 1) continue;
      seqs.push(seq);
      cursor = seq;
    }
  };
  for (let seen = 0; cursor < last; ) {
    await person.socket.next(() => person.socket.frames.length > seen);
    const frame = person.socket.frames[seen];
    seen += 1;
    if (frame?.type === 'entries' && frame.room === room) take(frame.entries);
    while (frame?.type === 'head' && frame.room === room && cursor < frame.seq) {
      const pull = { type: 'pull', room, after: cursor as Seq, limit: limits.pageMaxEntries } as const;
      take((await person.socket.request<'page'>(pull)).entries);
    }
  }
  return seqs;
}

it('L8 who does not read is caught up by pages: what waits is bounded, and all of it arrives in order once', async () => {
  const quick = await Person.online(server.origin);
  await quick.join(room);
  const before = await metric('catch_ups_total');
  const start = (await send()).seq;
  await slow.socket.entriesUntil(room, (entries) => entries.at(-1)?.seq === start);
  slow.socket.frames.length = 0;
  slow.socket.socket.pause();
  const { last, waited } = await talk(async () => (await metric('catch_ups_total')) > before, 8);
  expect(waited).toBeGreaterThan(serverLimits.pushBufferMaxBytes);
  expect(waited).toBeLessThan(waitingMax);
  // The others are not held up, and nothing is wrong with the slow one's connection.
  await quick.socket.entriesUntil(room, (entries) => entries.at(-1)?.seq === last);
  expect(quick.socket.frames.some(({ type }) => type === 'head')).toBe(false);
  slow.socket.socket.resume();
  const seqs = await readAll(slow, start, last);
  expect(seqs).toEqual(Array.from({ length: last - start }, (_, i) => start + 1 + i));
  expect(slow.socket.frames.filter(({ type }) => type === 'head').length).toBeGreaterThan(0);
  expect(await metric('catch_ups_total')).toBeGreaterThan(before);
  // And pushes go on.
  const next = (await send()).seq;
  await slow.socket.entriesUntil(room, (entries) => entries.at(-1)?.seq === next);
  quick.socket.close();
}, 60_000);

it('L8 presence that changed while someone was behind is told afterwards, as it is then', async () => {
  const bob = await Person.online(server.origin);
  await slow.socket.request({ type: 'watch', accounts: [bob.account] });
  const before = await metric('catch_ups_total');
  slow.socket.socket.pause();
  await talk(async () => (await metric('catch_ups_total')) > before, 1);
  slow.socket.frames.length = 0;
  await bob.socket.request({ type: 'activity', state: 'away' });
  const dave = await Person.online(server.origin);
  const of = async () => (await dave.socket.request<'watching'>({ type: 'watch', accounts: [bob.account] })).away;
  await expect.poll(of, { interval: 200 }).toEqual([bob.account]);
  slow.socket.socket.resume();
  await slow.socket.nextOf('presence', (frame) => frame.away.includes(bob.account));
  for (const { socket } of [bob, dave]) socket.close();
}, 60_000);
