import { limits, type RoomId } from '@undertone/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const online = () => Person.online(server.origin);

function signal(person: Person, room: RoomId, body = blob()) {
  return person.socket.request<'done'>({ type: 'signal', room, ...at(1, 1), id: entryId(), body });
}

/** Everything that was published before this has been received. */
async function caughtUp(person: Person): Promise<void> {
  await person.socket.request({ type: 'ping' });
}

const signalsOf = (person: Person) => person.socket.frames.filter((frame) => frame.type === 'signalled');

it('S1 a signal reaches the other devices of the room as it was sent, and not the sender', async () => {
  const [alice, bob, carol] = [await online(), await online(), await online()];
  const room = await alice.room(`room ${crypto.randomUUID()}`);
  await bob.join(room);
  for (const person of [alice, bob]) await person.socket.nextOf('room', (frame) => frame.room.id === room);
  const body = blob();
  const id = entryId();
  await alice.socket.request({ type: 'signal', room, ...at(3, 7), id, body });
  expect(await bob.socket.nextOf('signalled')).toEqual({
    type: 'signalled',
    room,
    ...at(3, 7),
    account: alice.account,
    device: alice.device,
    id,
    body,
  });
  await Promise.all([alice, carol].map(caughtUp));
  expect([signalsOf(alice), signalsOf(carol)]).toEqual([[], []]);
});

it('S1 works in threads; for outsiders the room is unknown_room, and after leaving', async () => {
  const [alice, bob, carol] = [await online(), await online(), await online()];
  const { room } = await alice.createThread([bob]);
  for (const person of [alice, bob]) await person.socket.nextOf('room', (frame) => frame.room.id === room);
  expect(await codeOf(signal(carol, room))).toBe('unknown_room');
  await signal(bob, room);
  await alice.socket.nextOf('signalled', (frame) => frame.account === bob.account);
  await bob.leave(room);
  await bob.socket.nextOf('room_gone');
  expect(await codeOf(signal(bob, room))).toBe('unknown_room');
  await signal(alice, room);
  await caughtUp(bob);
  expect(signalsOf(bob)).toEqual([]);
  const other = await carol.room(`room ${crypto.randomUUID()}`);
  expect(await codeOf(signal(alice, other))).toBe('unknown_room');
});

it('S1 is never stored, and needs no database', async () => {
  const [alice, bob] = [await online(), await online()];
  const { room } = await alice.createThread([bob]);
  await alice.socket.nextOf('room', (frame) => frame.room.id === room);
  const before = await alice.socket.request<'page'>({ type: 'pull', room, limit: 10 });
  await signal(alice, room);
  expect(await alice.socket.request<'page'>({ type: 'pull', room, limit: 10 })).toMatchObject({
    entries: before.entries,
  });
});

it('S1 beyond the burst they are rate_limited, and messages are not', async () => {
  const [alice, bob] = [await online(), await online()];
  const { room } = await alice.createThread([bob]);
  await alice.socket.nextOf('room', (frame) => frame.room.id === room);
  const outcomes = await Promise.allSettled(Array.from({ length: limits.signalBurst + 5 }, () => signal(alice, room)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(4);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'rate_limited' });
  await alice.send(room, at(1, 1));
});

it('S1 one that is too large or empty cannot be read', async () => {
  const alice = await online();
  const room = await alice.room(`room ${crypto.randomUUID()}`);
  for (const size of [0, limits.signalMaxBytes + 1]) {
    expect(await codeOf(signal(alice, room, blob(size)))).toBe('bad_frame');
  }
});
