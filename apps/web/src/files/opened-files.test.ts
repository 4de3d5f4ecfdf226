import type { MessageTarget } from '@undertone/client/view';
import { DeviceId, EntryId, RoomId, type Seq } from '@undertone/protocol';
import { expect, it, vi } from 'vitest';
import { OpenedFiles } from './opened-files.ts';

const room = RoomId.parse('00000000-0000-4000-8000-000000000001');
const device = DeviceId.parse('00000000-0000-4000-8000-000000000002');
const target = (n: number): MessageTarget => ({
  seq: n as Seq,
  device,
  id: EntryId.parse(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`),
});
const mebibyte = 1024 ** 2;

it('opens a file once, and again after newer ones took its place', async () => {
  const open = vi.fn(async () => new Blob([new Uint8Array(30 * mebibyte)]));
  const files = new OpenedFiles(open);
  await files.open(room, target(1));
  await files.open(room, target(1));
  expect(open).toHaveBeenCalledTimes(1);
  await files.open(room, target(2));
  await files.open(room, target(1));
  expect(open).toHaveBeenCalledTimes(2);
  await files.open(room, target(3));
  await files.open(room, target(1));
  expect(open).toHaveBeenCalledTimes(3);
  await files.open(room, target(2));
  expect(open).toHaveBeenCalledTimes(4);
});

it('tries again after a failure', async () => {
  const open = vi
    .fn()
    .mockRejectedValueOnce(new Error('no'))
    .mockResolvedValue(new Blob(['yes']));
  const files = new OpenedFiles(open);
  await expect(files.open(room, target(1))).rejects.toThrow('no');
  expect(await (await files.open(room, target(1))).text()).toBe('yes');
});

it('does not take the file of someone else, who said the same id, for it', async () => {
  const open = vi.fn(async (_room: RoomId, { device: of }: MessageTarget) => new Blob([of]));
  const files = new OpenedFiles(open);
  const other = DeviceId.parse('00000000-0000-4000-8000-000000000003');
  await files.open(room, { ...target(1), seq: 2 as Seq, device: other });
  expect(await (await files.open(room, target(1))).text()).toBe(device);
});
