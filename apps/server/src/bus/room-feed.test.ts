import type { Seq } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EncodedEntries } from './encoded-entries.ts';
import { RoomFeed } from './room-feed.ts';

const place = (seq: number): Seq => seq as Seq;
const entries = (first: number, last = first, bytes = 8): EncodedEntries => ({
  first: place(first),
  last: place(last),
  plain: true,
  frame: new Uint8Array(bytes),
});

let log: number[];
let failing: boolean;
let delivered: number[][];
let reads: number;
let errors: number;
let feed: RoomFeed;

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  failing = false;
  delivered = [];
  reads = 0;
  errors = 0;
  feed = new RoomFeed({
    read: async (after) => {
      reads += 1;
      if (failing) throw new Error('no database');
      const following = log.filter((seq) => seq > after);
      return { entries: following.slice(0, 2).map((seq) => entries(seq)), more: following.length > 2 };
    },
    deliver: ({ first, last }) => delivered.push(first === last ? [first] : [first, last]),
    patienceMs: () => 30,
    onFilled: () => {},
    onError: () => {
      errors += 1;
    },
  });
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

it('L1 passes on what is next, and drops what came before', async () => {
  feed.begin(place(3));
  feed.offer(entries(4, 5));
  feed.offer(entries(2, 4));
  feed.offer(entries(4, 5));
  feed.offer(entries(6));
  expect(delivered).toEqual([[4, 5], [6]]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reads).toBe(0);
});

it('L5 waits for what comes late, and reads nothing', async () => {
  feed.begin(place(0));
  feed.offer(entries(2, 3));
  feed.offer(entries(1));
  expect(delivered).toEqual([[1], [2, 3]]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reads).toBe(0);
});

it('L5 waits for each gap anew: a busy room always has one, and reads nothing', async () => {
  feed.begin(place(0));
  feed.offer(entries(2));
  for (let seq = 1; seq < 20; seq += 2) {
    await vi.advanceTimersByTimeAsync(20);
    feed.offer(entries(seq + 3));
    feed.offer(entries(seq));
  }
  expect(delivered.flat()).toHaveLength(20);
  expect(reads).toBe(0);
});

it('L5 reads what never comes, page by page, one entry at a time', async () => {
  log = [1, 2, 3, 4, 5, 6];
  feed.begin(place(0));
  feed.offer(entries(5));
  await vi.advanceTimersByTimeAsync(29);
  expect(delivered).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(delivered).toEqual([[1], [2], [3], [4], [5]]);
  feed.offer(entries(6));
  feed.offer(entries(7));
  expect(delivered.at(-1)).toEqual([7]);
});

it('L5 reads no more than is missing: what is held goes on as it came', async () => {
  log = [1, 2, 3, 4, 5, 6];
  feed.begin(place(0));
  feed.offer(entries(2, 5));
  await vi.advanceTimersByTimeAsync(30);
  expect(delivered).toEqual([[1], [2, 5]]);
  expect(reads).toBe(1);
  feed.offer(entries(6));
  expect(delivered.at(-1)).toEqual([6]);
});

it('L5 reads what it has seen the beginning of, and nobody gets an entry twice', async () => {
  feed.begin(place(0));
  feed.offer(entries(1, 2));
  log = [1, 2, 3, 4];
  feed.offer(entries(2, 4));
  await vi.advanceTimersByTimeAsync(30);
  expect(delivered).toEqual([[1, 2], [3], [4]]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reads).toBe(1);
});

it('holds no more than eight megabytes for a place that is missing, and reads the rest', async () => {
  const megabyte = 1024 * 1024;
  feed.begin(place(0));
  for (let seq = 2; seq <= 12; seq += 1) feed.offer(entries(seq, seq, megabyte));
  feed.offer(entries(1));
  expect(delivered.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  log = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  await vi.advanceTimersByTimeAsync(30);
  expect(delivered.flat().at(-1)).toBe(12);
});

it('holds what comes before it has begun', () => {
  feed.offer(entries(4));
  feed.offer(entries(5));
  expect(delivered).toEqual([]);
  feed.begin(place(4));
  expect(delivered).toEqual([[5]]);
});

it('L5 reads what the log was seen to have, and no more than once where it is not there', async () => {
  log = [1, 2];
  feed.begin(place(0));
  feed.expect(place(2));
  await vi.advanceTimersByTimeAsync(30);
  expect(delivered).toEqual([[1], [2]]);
  feed.expect(place(9));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(reads).toBe(2);
});

it('goes on after a database that failed, and then has everything in order', async () => {
  failing = true;
  feed.begin(place(0));
  feed.offer(entries(3));
  await vi.advanceTimersByTimeAsync(100);
  expect(errors).toBe(1);
  failing = false;
  log = [1, 2, 3, 4];
  await vi.advanceTimersByTimeAsync(600);
  expect(delivered.flat()).toEqual([1, 2, 3]);
  feed.expect(place(4));
  await vi.advanceTimersByTimeAsync(30);
  expect(delivered.flat()).toEqual([1, 2, 3, 4]);
});

it('reads nothing once it is closed', async () => {
  feed.begin(place(0));
  feed.offer(entries(2));
  feed.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reads).toBe(0);
});
