import { expect, test } from 'vitest';
import { secondsLeft, waitWords } from './wait-words.ts';

test('seconds left are rounded up and end at 0', () => {
  expect(secondsLeft(10_000, 8_999)).toBe(2);
  expect(secondsLeft(10_000, 9_000)).toBe(1);
  expect(secondsLeft(10_000, 9_999)).toBe(1);
  expect(secondsLeft(10_000, 10_000)).toBe(0);
  expect(secondsLeft(10_000, 20_000)).toBe(0);
});

test.each([
  [1, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [61, '1 minute 1 second'],
  [150, '2 minutes 30 seconds'],
  [3600, '1 hour'],
  [7260, '2 hours 1 minute'],
])('%i s in words', (seconds, words) => {
  expect(waitWords(seconds)).toBe(words);
});
