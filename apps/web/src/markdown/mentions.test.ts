import type { AccountId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { withMentions } from './mentions.ts';
import { parseMessage } from './parse.ts';

const ada = 'account of ada' as AccountId;
const accounts = new Map([['ada', ada]]);
const found = (text: string): number =>
  JSON.stringify(withMentions(parseMessage(text), accounts)).split(ada).length - 1;

it.each([
  ['hello @ada', 1],
  ['**hello @ada** and *@ada*', 2],
  ['- @ada\n- @ada', 2],
  ['> @ada', 1],
  ['`@ada`', 0],
  ['```\n@ada\n```', 0],
  ['[@ada](https://example.org)', 0],
  ['https://example.org/@ada', 0],
  ['nobody', 0],
])('%j has %i', (text, count) => {
  expect(found(text)).toBe(count);
});
