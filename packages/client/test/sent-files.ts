import type { RoomId } from '@undertone/protocol';
import { expect } from 'vitest';
import type { FileToSend, MessageRow, MessageTarget } from '../src/index.ts';
import { newEntryId, type Person } from './people.ts';

export const megabytes = (count: number) => {
  const bytes = new Uint8Array(count * 1024 * 1024 + 17);
  for (let i = 0; i < bytes.length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  return bytes;
};

export const fileOf = (
  bytes: Uint8Array<ArrayBuffer>,
  name = 'plans.bin',
  more: Partial<FileToSend> = {},
): FileToSend => ({
  id: newEntryId(),
  content: new Blob([bytes]),
  name,
  mediaType: 'application/octet-stream',
  ...more,
});

export const fileRow = (person: Person, room: RoomId, holds: (row: MessageRow) => boolean = () => true) =>
  person.until('a file', () =>
    person.shown(room).find((row): row is MessageRow => row.kind === 'message' && row.file !== null && holds(row)),
  );

export const targetOf = ({ seq, device, id }: MessageRow): MessageTarget => {
  if (seq === null) throw new Error('not in the log');
  return { seq, device, id };
};

export const inLog = (person: Person, room: RoomId) => fileRow(person, room, (row) => row.seq !== null);
export const answers = (row: MessageRow) => row.file?.answers.map(({ answer }) => answer);
export const isHere = (row: MessageRow) => row.file?.here === true;
/** Compared as a whole: matchers of arrays take seconds for megabytes. */
export async function expectContent(blob: Blob, bytes: Uint8Array): Promise<void> {
  expect(Buffer.from(await blob.arrayBuffer()).equals(bytes)).toBe(true);
}
