import { describe, expect, it } from 'vitest';
import { cleanMessage, firstLine, utf8Length } from './message-text.ts';
import { cleanName, nameOf } from './names.ts';

describe('cleanMessage', () => {
  it('shows overrides and embeddings instead of obeying them', () => {
    expect(cleanMessage('invoice\u202efdp.exe')).toBe('invoice\ufffdfdp.exe');
  });

  it('keeps right-to-left marks, isolates, joiners, tabs and emoji sequences', () => {
    const text = 'שלום\u200f \u2067abc\u2069\t👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👨‍👩‍👧‍👦';
    expect(cleanMessage(text)).toBe(text);
  });

  it('makes every line end a newline and every control visible', () => {
    expect(cleanMessage('a\r\nb\rc\u2028d\u0000e')).toBe('a\nb\nc\nd\ufffde');
  });
});

describe('cleanName', () => {
  it('drops what reorders or hides', () => {
    expect(cleanName('\u202eecila\u202c')).toBe('ecila');
    expect(cleanName('a\u200b\u2066b\u2069\ufeffc')).toBe('abc');
    expect(cleanName('  Ada \n\t Lovelace ')).toBe('Ada Lovelace');
  });

  it('keeps emoji sequences and flags', () => {
    expect(cleanName('👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿')).toBe('👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿');
    expect(cleanName('a\u{e0061}b')).toBe('ab');
  });

  it('keeps accents but not piles of them', () => {
    expect(cleanName(`e\u0301a${'\u0300'.repeat(40)}b`)).toBe(`e\u0301a${'\u0300'.repeat(4)}b`);
  });

  it('falls back to the username where nothing is left', () => {
    expect(nameOf({ username: 'ada', displayName: '\u202e\u200b' })).toBe('ada');
    expect(nameOf({ username: 'ada', displayName: null })).toBe('ada');
    expect(nameOf({ username: 'ada', displayName: 'Ada L.' })).toBe('Ada L.');
  });
});

describe('utf8Length', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 2],
    ['€', 3],
    ['👩🏽‍🚀', 15],
    ['\ud800', 3],
  ])('%j is %i bytes', (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes);
  });
});

describe('firstLine', () => {
  it('is one bounded line', () => {
    expect(firstLine('a\n\n  b')).toBe('a b');
    expect(firstLine('x'.repeat(10_000))).toHaveLength(120);
  });
});
