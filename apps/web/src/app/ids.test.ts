import { EntryId, RoomId } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { newEntryId, roomIdOf } from './ids.ts';

describe('ids without schemas', () => {
  it('makes entry ids that the schema takes', () => {
    const id = newEntryId();
    expect(EntryId.parse(id)).toBe(id);
  });

  it.each([
    '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    '6F9619FF-8b86-4d01-b42d-00cf4fc964ff',
    '6f9619ff-8b86-9d01-b42d-00cf4fc964ff',
    '6f9619ff-8b86-4d01-c42d-00cf4fc964ff',
    '6f9619ff8b864d01b42d00cf4fc964ff',
    '6f9619ff-8b86-4d01-b42d-00cf4fc964ff\n',
    '',
  ])('takes the room ids that the schema takes: %j', (text) => {
    expect(roomIdOf(text)).toBe(RoomId.safeParse(text).data);
  });
});
