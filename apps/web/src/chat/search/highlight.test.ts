import { describe, expect, it } from 'vitest';
import { excerpt, highlighted } from './highlight.ts';

const found = (text: string, terms: string[]) =>
  highlighted(text, terms)
    .filter((part) => part.found)
    .map((part) => part.text);

describe('highlighted', () => {
  it('marks whole words only, and loses nothing', () => {
    const parts = highlighted('a cat, a category (a.b)', ['cat', 'a.b']);
    expect(parts.map((part) => part.text).join('')).toBe('a cat, a category (a.b)');
    expect(found('a cat, a category (a.b)', ['cat', 'a.b'])).toEqual(['cat', 'a.b']);
  });

  it('marks words of scripts without spaces', () => {
    expect(found('日本語の文章を検索する', ['検索'])).toEqual(['検索']);
  });

  it('takes signs for what they are', () => {
    expect(found('c++ [x] $', ['x'])).toEqual(['x']);
    expect(highlighted('plain', [])).toEqual([{ text: 'plain', found: false }]);
  });
});

describe('excerpt', () => {
  it('begins at the beginning where that shows a word', () => {
    expect(excerpt('one\n\ntwo', ['two'])).toBe('one two');
  });

  it('begins before the first word in a long text', () => {
    const text = `${'filler '.repeat(100)}treasure at the end`;
    expect(excerpt(text, ['treasure'])).toMatch(/^… .{20,80}treasure at the end$/);
  });
});
