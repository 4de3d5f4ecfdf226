import { expect, it } from 'vitest';
import { retentionSentence } from './retention-words.ts';

it.each([
  [true, 30, 'Earlier messages are not kept: this server removes messages after 30 days.'],
  [true, 1, 'Earlier messages are not kept: this server removes messages after a day.'],
  [true, 0, 'Earlier messages are not kept by this server.'],
  [true, undefined, 'Earlier messages are not kept by this server.'],
  [false, 30, 'This server removes messages after 30 days. What a browser has read by then stays in it.'],
  [false, 0, undefined],
  [false, undefined, undefined],
])('L9 emptied %s, kept for %s days: %s', (emptied, days, sentence) => {
  expect(retentionSentence({ emptied }, days)).toBe(sentence);
});
