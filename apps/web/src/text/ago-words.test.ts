import { expect, test } from 'vitest';
import { agoWords } from './ago-words.ts';

const now = Date.UTC(2026, 5, 15, 12);
const minute = 60_000;

test.each([
  [now + 5 * minute, 'just now'],
  [now - 59_000, 'just now'],
  [now - 5 * minute, '5 minutes ago'],
  [now - 119 * minute, '1 hour ago'],
  [now - 26 * 60 * minute, 'yesterday'],
  [now - 12 * 24 * 60 * minute, '12 days ago'],
  [now - 40 * 24 * 60 * minute, 'on May 6, 2026'],
])('%i', (at, words) => {
  expect(agoWords(at, now, 'en')).toBe(words);
});
