import { describe, expect, it } from 'vitest';
import { bestMatches, completableAt, shortcodeAt } from './completion.ts';

const at = (text: string) => {
  const caret = text.indexOf('|');
  return completableAt(text.replace('|', ''), caret);
};

describe('completableAt', () => {
  it.each([
    [':sm|', 'emoji', 'sm', 0],
    ['so :thumbs|up', 'emoji', 'thumbs', 3],
    ['(:+1|', 'emoji', '+1', 1],
    ['@|', 'person', '', 0],
    ['hello @ad|', 'person', 'ad', 6],
    ['@dara.o|', 'person', 'dara.o', 0],
  ])('%s', (text, kind, query, from) => {
    expect(at(text)).toMatchObject({ kind, query, from, to: text.indexOf('|') });
  });

  it.each([':s|', 'https://x|', '12:30|', 'ada@ex|', 'a :smile: b|', '@ada |', 'plain|'])('not at %s', (text) => {
    expect(at(text)).toBeNull();
  });
});

describe('shortcodeAt', () => {
  it('finds a shortcode that was just closed', () => {
    expect(shortcodeAt('so :Smile:', 10)).toMatchObject({ query: 'smile', from: 3, to: 10 });
    expect(shortcodeAt('12:30:', 6)).toBeNull();
    expect(shortcodeAt('a::b:', 5)).toBeNull();
  });
});

describe('bestMatches', () => {
  it('puts whole names first, then beginnings, then words, then the rest', () => {
    const names = ['unsmile', 'big_smile', 'smiley', 'smile', 'frown'];
    expect(bestMatches(names, (name) => [name], 'smile', 8)).toEqual(['smile', 'smiley', 'big_smile', 'unsmile']);
    expect(bestMatches(names, (name) => [name], 'smile', 2)).toEqual(['smile', 'smiley']);
    expect(bestMatches(names, (name) => [name], '', 3)).toEqual(['unsmile', 'big_smile', 'smiley']);
  });
});
