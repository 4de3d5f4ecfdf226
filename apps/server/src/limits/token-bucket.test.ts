import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('gives a burst at once, then so many a second, and says how long to wait', () => {
  const bucket = new TokenBucket(3, 2, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
  expect(bucket.take(0)).toBe(500);
  expect(bucket.take(250)).toBe(250);
  expect(bucket.take(500)).toBe(0);
  expect(bucket.isFull(500)).toBe(false);
  expect(bucket.isFull(10_000)).toBe(true);
});

it('takes nothing where there is not enough, and never holds more than a burst', () => {
  const bucket = new TokenBucket(5, 1, 0);
  expect(bucket.take(1_000_000, 6)).toBeGreaterThan(0);
  expect(bucket.take(1_000_000, 5)).toBe(0);
});
