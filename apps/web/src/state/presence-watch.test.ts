import type { AccountId } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { accountOf } from '../testing/rows.ts';
import { PresenceWatch } from './presence-watch.ts';

const [ada, bob, chidi] = [accountOf(1), accountOf(2), accountOf(3)];
const told: { view: string; accounts: readonly AccountId[] }[] = [];
let watch: PresenceWatch;

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  watch = new PresenceWatch({ watch: async (view, accounts) => void told.push({ view, accounts }) });
});
afterEach(() => vi.useRealTimers());

it('tells the core once of all that is shown in a turn, what came last first', () => {
  watch.add([ada, bob]);
  watch.add([chidi]);
  watch.add([bob]);
  vi.advanceTimersByTime(0);
  expect(told.map(({ accounts }) => accounts)).toEqual([[bob, chidi, ada]]);
});

it('what two show is told until neither does', () => {
  const [first, second] = [watch.add([ada]), watch.add([ada])];
  first();
  vi.advanceTimersByTime(0);
  second();
  vi.advanceTimersByTime(0);
  expect(told.map(({ accounts }) => accounts)).toEqual([[ada], []]);
});

it('what is shown anew without a change is not told again', () => {
  const end = watch.add([ada]);
  vi.advanceTimersByTime(0);
  watch.add([ada]);
  end();
  vi.advanceTimersByTime(0);
  expect(told).toHaveLength(1);
});

it('says every minute that it is still there, as the same view', () => {
  watch.add([ada]);
  vi.advanceTimersByTime(120_000);
  expect(told).toHaveLength(3);
  expect(new Set(told.map(({ view }) => view)).size).toBe(1);
});
