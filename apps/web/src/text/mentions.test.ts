import type { AccountId } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { emojiOnly } from './emoji-only.ts';
import { mentionedIn, mentionKey, mentionParts } from './mentions.ts';

const accounts = new Map(
  ['ada', 'dara.okafor', 'олена', 'mia-32'].map((name) => [mentionKey(name), name as AccountId]),
);

describe('mentionedIn', () => {
  it.each([
    ['@ada', ['ada']],
    ['hello @Ada, and @ada again', ['ada']],
    ['(@ada) @dara.okafor. @олена! @mia-32?', ['ada', 'dara.okafor', 'олена', 'mia-32']],
    ['ada@ada.example', []],
    ['@adam and @nobody', []],
    ['@@ada https://x.example/@ada', []],
    ['@dara.okafor.', ['dara.okafor']],
  ])('%s', (text, expected) => {
    expect(mentionedIn(text, accounts, 64)).toEqual(expected);
  });

  it('stops at the limit', () => {
    expect(mentionedIn('@ada @mia-32', accounts, 1)).toEqual(['ada']);
  });
});

describe('mentionParts', () => {
  it('loses nothing', () => {
    const text = 'a @ada b @nobody c @ada';
    const parts = mentionParts(text, accounts);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.filter((part) => part.account !== null).map((part) => part.text)).toEqual(['@ada', '@ada']);
  });
});

describe('emojiOnly', () => {
  it.each(['😄', '🎉🎉🎉', '👩🏽‍🚀 👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿🇦🇶', '❤️‍🔥', '❤', '😀😀😀😀😀😀😀😀', '⌚'])('%s is', (text) => {
    expect(emojiOnly(text)).toBe(true);
  });

  it.each(['', ' ', 'a', '1', '😀 a', '😀😀😀😀😀😀😀😀😀', '#', '😀.'])('%j is not', (text) => {
    expect(emojiOnly(text)).toBe(false);
  });
});
