import { randomUUID } from 'node:crypto';
import type { AccountId, DeviceId, EntryId, Epoch, Generation, LogEntry, RoomId, Seq } from '@undertone/protocol';
import { decodeServerFrame } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { encodeEntries } from './encoded-entries.ts';

const room = randomUUID() as RoomId;
const device = randomUUID() as DeviceId;

function entry(seq: number, kind: 'message' | 'link' | 'notice'): LogEntry {
  const at = { seq: seq as Seq, at: 0, generation: 1 as Generation, epoch: 2 as Epoch };
  const base = { ...at, account: randomUUID() as AccountId };
  return kind === 'notice'
    ? { kind, ...base, event: 'left', devices: [device] }
    : { kind, ...base, id: randomUUID() as EntryId, device, body: new Uint8Array([seq]) };
}

it('is the frame that sockets get, with the places of the first and the last entry', () => {
  const entries = [entry(4, 'message'), entry(5, 'link'), entry(6, 'message')];
  const encoded = encodeEntries(room, entries);
  expect(encoded).toMatchObject({ first: 4, last: 6, plain: true });
  expect(decodeServerFrame(encoded.frame)).toEqual({ type: 'entries', room, entries });
});

it('is not plain where anything but messages and links is in it', () => {
  expect(encodeEntries(room, [entry(4, 'message'), entry(5, 'notice')]).plain).toBe(false);
});
