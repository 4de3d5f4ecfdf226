import { describe, expect, it } from 'vitest';
import { cleanMessage, firstLine, utf8Length } from './message-text.ts';
import { cleanName, nameOf, nameParts } from './names.ts';

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

  // 30 names and what is left of them.
  it.each([
    ['\u3164', ''],
    ['\u2800', ''],
    ['\u00ad', ''],
    ['\u115f\u1160', ''],
    ['\uffa0', ''],
    ['\u034f', ''],
    ['\u17b4\u17b5', ''],
    ['\u180e', ''],
    ['\u200b\u200c\u200d', ''],
    ['\u200d', ''],
    ['\ufe0f', ''],
    ['\ufeff', ''],
    ['\u2060\u2065', ''],
    ['\u{e0001}\u{e0061}', ''],
    ['\u{1d159}', ''],
    ['\u00a0\u3000', ''],
    ['\u0301', ''],
    ['\u20dd\u0308', ''],
    ['\u202e\u202d', ''],
    ['\u3164 \u3164', ''],
    ['', ''],
    ['A\u3164', 'A'],
    ['\u2800Ada\u2800', 'Ada'],
    ['A\u00adda', 'Ada'],
    ['Ada\u3164Lovelace', 'Ada Lovelace'],
    ['.', '.'],
    ['ㅋㅋ', 'ㅋㅋ'],
    ['حبيبة', 'حبيبة'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['🌻', '🌻'],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean);
  });
});

describe('nameOf', () => {
  it.each([
    ['Ada L.', false, 'Ada L.'],
    [null, false, 'ada'],
    ['\u202e\u200b', false, 'ada'],
    ['\u3164', false, 'ada'],
    // Alike: the name alone could be someone else's.
    ['Ada L.', true, 'Ada L. (@ada)'],
    [null, true, '@ada'],
    ['\u2800', true, '@ada'],
    ['حبيبة', true, '\u2068حبيبة\u2069 (\u2068@ada\u2069)'],
    // A name that brings its own username says nothing about the true one.
    ['Bob (@bob)', false, 'Bob (@bob) (@ada)'],
    ['＠bob', false, '＠bob (@ada)'],
  ])('%j, alike: %j, is %j', (displayName, alike, shown) => {
    const person = { username: 'ada', displayName, alike };
    expect(nameOf(person)).toBe(shown);
  });

  it('the username is a part of its own, so that it is not cut off with a long name', () => {
    const person = { username: 'ada', displayName: 'A'.repeat(64) };
    expect(nameParts({ ...person, alike: true })).toEqual({ name: 'A'.repeat(64), username: '@ada' });
    expect(nameParts({ ...person, alike: false }).username).toBeNull();
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
