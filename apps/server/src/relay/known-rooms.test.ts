import { randomUUID } from 'node:crypto';
import type { AccountId, DeviceId, EntryId, Epoch, Generation, LogEntry, RoomId, Seq } from '@undertone/protocol';
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

const entry = (kind: 'message' | 'link' | 'notice'): LogEntry => {
  const base = {
    seq: 21 as Seq,
    at: 0,
    generation: 1 as Generation,
    epoch: 2 as Epoch,
    account: randomUUID() as AccountId,
  };
  return kind === 'notice'
    ? { kind, ...base, event: 'left', devices: [device] }
    : { kind, ...base, id: randomUUID() as EntryId, device, body: new Uint8Array() };
};

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

it('keeps what it knows over messages and links, and forgets it after anything else', () => {
  const rooms = knownAt(7);
  rooms.follow(id, [entry('message'), entry('link')]);
  expect(rooms.get(id)?.changedSeq).toBe(7);
  rooms.follow(id, [entry('message'), entry('notice')]);
  expect(rooms.get(id)).toBeUndefined();
});
