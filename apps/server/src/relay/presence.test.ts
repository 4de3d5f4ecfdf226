import type { AccountId } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Presence } from './presence.ts';

const [alice, bob] = ['alice' as AccountId, 'bob' as AccountId];
const told: [AccountId[], AccountId[]][] = [];
let presence: Presence;

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  presence = new Presence({ collectMs: 300, graceMs: 5_000 }, (online, offline) => told.push([online, offline]));
});
afterEach(() => {
  presence.close();
  vi.useRealTimers();
});

it('collects changes and tells them together', () => {
  presence.add(alice);
  presence.add(bob);
  vi.advanceTimersByTime(299);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([[[alice, bob], []]]);
});

it('does not tell of one who comes back within the grace time', () => {
  presence.add(alice);
  vi.advanceTimersByTime(300);
  presence.remove(alice);
  vi.advanceTimersByTime(4_999);
  expect(presence.online()).toEqual([alice]);
  presence.add(alice);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([[[alice], []]]);
});

it('an account is online until the last of its sockets is gone', () => {
  presence.add(alice);
  presence.add(alice);
  vi.advanceTimersByTime(300);
  presence.remove(alice);
  vi.advanceTimersByTime(60_000);
  expect(presence.online()).toEqual([alice]);
  presence.remove(alice);
  vi.advanceTimersByTime(5_300);
  expect(presence.online()).toEqual([]);
  expect(told.at(-1)).toEqual([[], [alice]]);
});

it('one who went and is seen again before it was told makes no noise', () => {
  presence.add(alice);
  vi.advanceTimersByTime(300);
  presence.remove(alice);
  vi.advanceTimersByTime(5_100);
  presence.add(alice);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(1);
});
