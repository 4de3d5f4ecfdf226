import { randomUUID } from 'node:crypto';
import type { DeviceId, Epoch, Generation, RoomId, Seq } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { KnownRooms } from './known-rooms.ts';
import type { LockedRoom } from './locked-room.ts';

const id = randomUUID() as RoomId;
const device = randomUUID() as DeviceId;
const other = randomUUID() as DeviceId;

const room = (changedSeq: number, foundedAt = 5): LockedRoom => ({
  id,
  kind: 'public',
  policy: 'shared',
  generation: 1 as Generation,
  epoch: 2 as Epoch,
  head: 20 as Seq,
  changedSeq: changedSeq as Seq,
  foundedAt,
});

function knownAt(changedSeq: number): KnownRooms {
  const rooms = new KnownRooms();
  rooms.learn(room(changedSeq), new Set([device]));
  return rooms;
}

it('remembers senders for as long as nothing changed', () => {
  const rooms = knownAt(7);
  rooms.learn(room(7), new Set([other]));
  expect(rooms.get(id)).toMatchObject({ changedSeq: 7, senders: new Set([device, other]) });
  rooms.learn(room(11), new Set([other]));
  expect(rooms.get(id)?.senders).toEqual(new Set([other]));
});

it('takes a room that was made anew for another one', () => {
  const rooms = knownAt(7);
  rooms.learn(room(7, 6), new Set([other]));
  expect(rooms.get(id)?.senders).toEqual(new Set([other]));
});
