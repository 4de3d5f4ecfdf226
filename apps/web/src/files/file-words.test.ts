import type { TransferView } from '@undertone/client/view';
import { RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { durationWords, percentOf, sizeWords, speedWords, timeLeftWords, transferWords } from './file-words.ts';

const mebibyte = 1024 ** 2;

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1_023, '1023 bytes'],
  [1_024, '1 KB'],
  [1_500, '1.5 KB'],
  [10 * 1_024 - 1, '10 KB'],
  [mebibyte - 1, '1 MB'],
  [9.96 * mebibyte, '10 MB'],
  [123.4 * mebibyte, '123 MB'],
  [2.5 * 1024 ** 3, '2.5 GB'],
  [9 * 1024 ** 5, '9216 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});

it('a speed', () => {
  expect(speedWords(1.25 * mebibyte)).toBe('1.3 MB/s');
});

it.each([
  [100, null, undefined],
  [100, 0, undefined],
  [100, 50, 'seconds left'],
  [101, 10, '15 s left'],
  [600, 10, '1 min left'],
  [36_000, 10, '1 h left'],
  [10 ** 9, 10, 'more than a day left'],
])('%d bytes at %s a second: %s', (left, speed, words) => {
  expect(timeLeftWords(left, speed)).toBe(words);
});

it.each([
  [400, '0:00'],
  [7_000, '0:07'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('%d ms last %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

it('percent are whole, and 100 only at the end', () => {
  expect(percentOf({ doneBytes: 999, totalBytes: 1_000 })).toBe(99);
  expect(percentOf({ doneBytes: 1_000, totalBytes: 1_000 })).toBe(100);
  expect(percentOf({ doneBytes: 0, totalBytes: 0 })).toBe(0);
});

it('says how far a transfer is', () => {
  const transfer: TransferView = {
    id: 'one',
    room: RoomId.parse('00000000-0000-4000-8000-000000000000'),
    direction: 'down',
    state: 'running',
    doneBytes: 2 * mebibyte,
    totalBytes: 20 * mebibyte,
    bytesPerSecond: mebibyte,
    failure: null,
  };
  expect(transferWords(transfer)).toBe('2 MB of 20 MB · 1 MB/s · 20 s left');
  expect(transferWords({ ...transfer, bytesPerSecond: null })).toBe('2 MB of 20 MB');
  expect(transferWords({ ...transfer, state: 'preparing' })).toBe('Encrypting 20 MB …');
  expect(transferWords({ ...transfer, state: 'waiting' })).toBe('Waiting · 20 MB');
});
