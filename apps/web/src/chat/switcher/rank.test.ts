import { expect, it } from 'vitest';
import { rank } from './rank.ts';

it('ranks whole names, beginnings, words, parts and letters in this order', () => {
  const names = ['Lobby', 'Lobby talk', 'The lobby', 'Global obby', 'Long boat by', 'Garden'];
  const ranked = names
    .map((name) => ({ name, score: rank(name, 'lobby') }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ name }) => name);
  expect(ranked).toEqual(['Lobby', 'Lobby talk', 'The lobby', 'Global obby', 'Long boat by']);
});

it('does not mind accents, case or unfinished words', () => {
  expect(rank('Zoë Åkesson', 'ak zoe')).toBe(3);
  expect(rank('Garden', 'grn')).toBe(1);
  expect(rank('Garden', 'gnr')).toBe(0);
});
