import { expect, it } from 'vitest';
import { accountOf } from '../testing/rows.ts';
import { groupByPresence, lastSeenWords, presenceOf } from './presence.ts';

const me = accountOf(0);
const ada = accountOf(1);
const bob = accountOf(2);
const chidi = accountOf(3);
const dora = accountOf(4);
const known = {
  me,
  presence: new Map([
    [ada, 'online'],
    [bob, 'away'],
    [chidi, 'offline'],
  ] as const),
};

it('oneself is online, and of those who are not watched nothing is known', () => {
  expect([me, ada, bob, chidi, dora].map((account) => presenceOf(account, known))).toEqual([
    'online',
    'online',
    'away',
    'offline',
    'unknown',
  ]);
});

it('people stand in groups, by name; a group of nobody is left out', () => {
  const name = (account: typeof me) =>
    ['Zoe', 'Ada', 'Bob', 'Chidi', 'Dora'][[me, ada, bob, chidi, dora].indexOf(account)] ?? '';
  expect(groupByPresence([dora, me, ada, bob, chidi], known, name)).toEqual([
    { presence: 'online', accounts: [ada, me] },
    { presence: 'away', accounts: [bob] },
    { presence: 'offline', accounts: [chidi] },
    { presence: 'unknown', accounts: [dora] },
  ]);
  expect(groupByPresence([chidi], known, name)).toEqual([{ presence: 'offline', accounts: [chidi] }]);
});

it.each([
  [30_000, 'Last seen just now'],
  [119_000, 'Last seen just now'],
  [5 * 60_000, 'Last seen 5 minutes ago'],
  [26 * 3_600_000, 'Last seen yesterday'],
])('%i ms ago', (ms, words) => {
  const now = Date.UTC(2026, 5, 15, 12);
  expect(lastSeenWords(now - ms, now)).toBe(words);
});
