import { randomUUID } from 'node:crypto';
import type { AccountId, DeviceId, EntryId, Epoch, Generation, LogEntry, RoomId, Seq } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { KnownRooms } from './known-rooms.ts';
import type { LockedRoom } from './locked-room.ts';

const id = randomUUID() as RoomId;
const device = randomUUID() as DeviceId;
const other = randomUUID() as DeviceId;

const room = (head: number, foundedAt = 5): LockedRoom => ({
  id,
  kind: 'public',
  policy: 'shared',
  generation: 1 as Generation,
  epoch: 2 as Epoch,
  head: head as Seq,
  foundedAt,
});

const message = (seq: number, kind: 'message' | 'link' = 'message'): LogEntry => ({
  kind,
  seq: seq as Seq,
  at: 0,
  generation: 1 as Generation,
  epoch: 2 as Epoch,
  id: randomUUID() as EntryId,
  account: randomUUID() as AccountId,
  device,
  body: new Uint8Array(),
});

function knownAt(head: number): KnownRooms {
  const rooms = new KnownRooms();
  rooms.learn(room(head), head as Seq, new Set([device]));
  return rooms;
}

it('remembers senders for as long as nothing came between', () => {
  const rooms = knownAt(7);
  rooms.learn(room(9), 7 as Seq, new Set([other]));
  expect(rooms.get(id)).toMatchObject({ head: 9, senders: new Set([device, other]) });
  rooms.learn(room(12), 11 as Seq, new Set([other]));
  expect(rooms.get(id)?.senders).toEqual(new Set([other]));
});

it('takes a room that was made anew for another one', () => {
  const rooms = knownAt(7);
  rooms.learn(room(8, 6), 7 as Seq, new Set([other]));
  expect(rooms.get(id)?.senders).toEqual(new Set([other]));
});

it('follows messages that are appended elsewhere', () => {
  const rooms = knownAt(7);
  rooms.follow(id, [message(8), message(9)]);
  expect(rooms.get(id)?.head).toBe(9);
  rooms.follow(id, [message(8)]);
  expect(rooms.get(id)?.head).toBe(9);
});

it.each([
  ['something else than messages', [message(8), message(9, 'link')]],
  ['a gap', [message(9)]],
])('forgets a room after %s', (_what, entries) => {
  const rooms = knownAt(7);
  rooms.follow(id, entries);
  expect(rooms.get(id)).toBeUndefined();
});
