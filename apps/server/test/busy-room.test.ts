import type { RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { at, blob, entryId, Person } from './support/person.ts';

let server: TestServer;
let alice: Person;
let bob: Person;
let room: RoomId;
let closing: Promise<void> | undefined;
beforeEach(async () => {
  closing = undefined;
  server = await startTestServer({ settings: { sendsPerSecond: 100_000 } });
  [alice, bob] = [await Person.online(server.origin), await Person.online(server.origin)];
  room = await alice.room(`Busy ${entryId()}`);
  await alice.found(room);
  await bob.join(room);
  await bob.socket.nextOf('room', (frame) => frame.room.id === room);
});
afterEach(() => closing ?? server.close());

const body = blob();

/** Enough at once to make the room a busy one; resolves with the last place when all are acknowledged. */
async function burst(count = 40): Promise<Seq> {
  const sending = Array.from({ length: count }, () =>
    alice.socket.request<'ack'>({ type: 'send', room, ...at(1, 0), id: entryId(), kind: 'message', body }),
  );
  return Math.max(...(await Promise.all(sending)).map(({ seq }) => seq)) as Seq;
}

async function flood(bursts: number): Promise<Seq> {
  let last = 0 as Seq;
  for (let i = 0; i < bursts; i += 1) last = await burst();
  return last;
}

/** Places of the room's entries that a person was pushed, as far as `before`, a frame that came later. */
function pushed(person: Person, before?: 'room_gone' | 'bye'): number[] {
  const { frames } = person.socket;
  const end = before === undefined ? frames.length : frames.findIndex(({ type }) => type === before);
  return frames
    .slice(0, end)
    .flatMap((frame) => (frame.type === 'entries' && frame.room === room ? frame.entries : []))
    .map(({ seq }) => seq);
}

const consecutive = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const isLeaving = (entry: { readonly kind: string; readonly event?: string }): boolean =>
  entry.kind === 'notice' && entry.event === 'left';

it('L1 what is said in a busy room reaches everyone once, in order', async () => {
  const last = await flood(20);
  for (const person of [alice, bob]) {
    await person.socket.entriesUntil(room, (entries) => entries.at(-1)?.seq === last);
    const seqs = pushed(person);
    expect(seqs).toEqual(consecutive(seqs[0] ?? 0, last));
    expect(seqs.length).toBeGreaterThanOrEqual(800);
  }
});

it('L6 who leaves a busy room has got all that was said before', async () => {
  await flood(3);
  const talking = burst(60);
  await Promise.all([talking, bob.leave(room)]);
  await bob.socket.nextOf('room_gone', (frame) => frame.room === room);
  const log = await alice.socket.entriesUntil(room, (entries) => entries.some((one) => isLeaving(one)));
  const left = log.find((one) => isLeaving(one))?.seq ?? 0;
  const seqs = pushed(bob, 'room_gone');
  expect(left).toBeGreaterThan(120);
  expect(seqs).toEqual(consecutive(seqs[0] ?? 0, left - 1));
});

it('L6 who comes into a busy room gets each entry once, from where its state ends', async () => {
  const carol = await Person.online(server.origin);
  const talking = flood(10);
  await carol.join(room);
  const { head } = (await carol.socket.nextOf('room', (frame) => frame.room.id === room)).room;
  const last = await talking;
  await carol.socket.entriesUntil(room, (entries) => entries.at(-1)?.seq === last);
  expect(head).toBeLessThan(last);
  expect(pushed(carol)).toEqual(consecutive(head + 1, last));
});

it('L2 a server that goes has told a busy room all that it acknowledged', async () => {
  const last = await flood(3);
  closing = server.close();
  await bob.socket.nextOf('bye');
  await closing;
  expect(pushed(bob, 'bye').at(-1)).toBe(last);
});
