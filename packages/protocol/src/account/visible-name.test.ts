import { describe, expect, it } from 'vitest';
import { SignUpRequest } from '../rest/account.ts';
import { CreateRoomRequest } from '../rest/room.ts';
import { isVisibleName } from './visible-name.ts';

const hidden: readonly (readonly [what: string, name: string])[] = [
  ['nothing', ''],
  ['a space', ' '],
  ['no-break spaces', '\u00a0\u00a0'],
  ['an ideographic space', '\u3000'],
  ['an Ogham space mark', '\u1680'],
  ['a zero width space', '\u200b'],
  ['a zero width joiner', '\u200d'],
  ['a word joiner', '\u2060'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164'],
  ['a halfwidth Hangul filler', '\uffa0'],
  ['a Hangul choseong filler', '\u115f'],
  ['a Hangul jungseong filler', '\u1160'],
  ['an empty braille pattern', '\u2800'],
  ['several blank letters', '\u3164\u2800 \u00ad'],
  ['a combining grapheme joiner', '\u034f'],
  ['a Khmer inherent vowel', '\u17b4'],
  ['a Mongolian vowel separator', '\u180e'],
  ['an invisible times', '\u2062'],
  ['a variation selector', '\ufe0f'],
  ['a supplementary variation selector', '\u{e0101}'],
  ['tags', '\u{e0041}\u{e007f}'],
  ['a musical null note head', '\u{1d159}'],
  ['a musical begin beam', '\u{1d173}'],
  ['a blank hieroglyph', '\u{13441}'],
  ['a half blank hieroglyph', '\u{13442}'],
  ['an object replacement character', '\ufffc'],
  ['an interlinear annotation anchor', '\ufff9'],
  ['a lone combining acute', '\u0301'],
  ['an enclosing circle', '\u20dd'],
  ['a Hangul filler with an accent', '\u3164\u0301'],
  ['a private character', '\ue000'],
  ['an unassigned character', '\u0378'],
  ['a right-to-left mark', '\u200f'],
];

const disturbing: readonly (readonly [what: string, name: string])[] = [
  ['a right-to-left override', 'Bob\u202e'],
  ['a left-to-right override', '\u202dBob'],
  ['an embedding', 'Bob\u202a'],
  ['the end of an embedding', 'Bob\u202c'],
  ['an isolate', 'Bob\u2067x'],
  ['the end of an isolate', 'Bob\u2069'],
  ['a null', 'Bob\u0000'],
  ['a line feed', 'Bob\nAlice'],
  ['a tab', 'Bob\tAlice'],
  ['an escape', 'Bob\u001b[2J'],
  ['a C1 control', 'Bob\u0085x'],
  ['a line separator', 'Bob\u2028Alice'],
  ['a paragraph separator', 'Bob\u2029Alice'],
  ['a lone surrogate', 'Bob\ud800'],
];

const good: readonly string[] = [
  'Alice',
  'ö',
  '李',
  'Ἀθηνᾶ',
  'محمد',
  'מרים\u200f',
  'می\u200cخواهم',
  'क्षि',
  '한글',
  '\u1112\u1161\u11ab',
  '7',
  '!',
  '👩‍👩‍👧',
  '❤️',
  '🏳️‍🌈',
  '⠓',
  'Dr.\u00a0No',
  'e\u0301',
];

describe('A7 names', () => {
  it.each(hidden)('A7 of %s alone cannot be seen', (_what, name) => expect(isVisibleName(name)).toBe(false));
  it.each(hidden)('A7 of %s beside a letter can', (_what, name) => expect(isVisibleName(`a${name}`)).toBe(true));
  it.each(disturbing)('A7 with %s are refused', (_what, name) => expect(isVisibleName(name)).toBe(false));
  it.each(good)('A7 %s is a name', (name) => expect(isVisibleName(name)).toBe(true));

  it('A7 display names and names of rooms are taken in normal form C and trimmed', () => {
    const account = { username: 'zoe', password: 'x' };
    expect(SignUpRequest.parse({ ...account, displayName: ' Zoe\u0308 ' }).displayName).toBe('Zo\u00eb');
    expect(CreateRoomRequest.parse({ name: ' Cafe\u0301 ' })).toMatchObject({ name: 'Caf\u00e9', topic: '' });
    for (const [, name] of [...hidden, ...disturbing]) {
      expect(SignUpRequest.safeParse({ ...account, displayName: name }).success).toBe(false);
      expect(CreateRoomRequest.safeParse({ name }).success).toBe(false);
    }
    for (const [, topic] of disturbing) expect(CreateRoomRequest.safeParse({ name: 'a', topic }).success).toBe(false);
  });
});
