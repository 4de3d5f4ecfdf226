import type { AccountId } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Presence } from './presence.ts';
import type { PresenceState } from './presence-store.ts';

const [alice, bob] = ['alice' as AccountId, 'bob' as AccountId];
const [first, second] = [{}, {}];
const told: Record<string, PresenceState>[] = [];
/** What was told last of each account. */
const now = (account: AccountId): PresenceState =>
  told.findLast((changes) => account in changes)?.[account] ?? 'offline';
let presence: Presence;

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  presence = new Presence({ collectMs: 300, graceMs: 5_000 }, (changes) => told.push(Object.fromEntries(changes)));
});
afterEach(() => {
  presence.close();
  vi.useRealTimers();
});

it('collects changes and tells them together', () => {
  presence.add(alice, first, true);
  presence.add(bob, second, true);
  vi.advanceTimersByTime(299);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([{ alice: 'online', bob: 'online' }]);
});

it('does not tell of one who comes back within the grace time', () => {
  presence.add(alice, first, true);
  vi.advanceTimersByTime(300);
  expect(presence.remove(alice, first)).toBe(true);
  vi.advanceTimersByTime(4_999);
  expect(now(alice)).toBe('online');
  presence.add(alice, second, true);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([{ alice: 'online' }]);
});

it('an account is online until the last of its sockets is gone', () => {
  presence.add(alice, first, true);
  presence.add(alice, second, true);
  vi.advanceTimersByTime(300);
  expect(presence.remove(alice, first)).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(now(alice)).toBe('online');
  expect(presence.remove(alice, second)).toBe(true);
  vi.advanceTimersByTime(5_300);
  expect(now(alice)).toBe('offline');
  expect(told.at(-1)).toEqual({ alice: 'offline' });
});

it('one who goes is offline after the grace time, told with what else has changed', () => {
  presence.add(alice, first, true);
  expect(now(alice)).toBe('offline');
  vi.advanceTimersByTime(300);
  expect(now(alice)).toBe('online');
  presence.remove(alice, first);
  vi.advanceTimersByTime(5_100);
  expect(now(alice)).toBe('online');
  vi.advanceTimersByTime(300);
  expect(now(alice)).toBe('offline');
});

it('one who went and is seen again before it was told makes no noise', () => {
  presence.add(alice, first, true);
  vi.advanceTimersByTime(300);
  presence.remove(alice, first);
  vi.advanceTimersByTime(5_100);
  presence.add(alice, second, true);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(1);
});

it('P1 an account is away when all of its sockets say so', () => {
  presence.add(alice, first, true);
  presence.add(alice, second, true);
  presence.setActivity(alice, first, 'away');
  vi.advanceTimersByTime(300);
  expect(told).toEqual([{ alice: 'online' }]);
  presence.setActivity(alice, second, 'away');
  vi.advanceTimersByTime(300);
  expect(told.at(-1)).toEqual({ alice: 'away' });
  expect(now(alice)).toBe('away');
  presence.setActivity(alice, first, 'active');
  vi.advanceTimersByTime(300);
  expect(told.at(-1)).toEqual({ alice: 'online' });
});

it('P1 an account is away once the only socket with someone at it is gone, and stays so in the grace time', () => {
  presence.add(alice, first, true);
  presence.add(alice, second, true);
  presence.setActivity(alice, second, 'away');
  presence.remove(alice, first);
  vi.advanceTimersByTime(300);
  expect(told).toEqual([{ alice: 'away' }]);
  presence.remove(alice, second);
  vi.advanceTimersByTime(300);
  expect(now(alice)).toBe('away');
  vi.advanceTimersByTime(5_000);
  expect(told.at(-1)).toEqual({ alice: 'offline' });
});

it('P1 activity of a socket that did not say hello, or is gone, changes nothing', () => {
  presence.setActivity(alice, first, 'away');
  presence.add(alice, first, true);
  presence.setActivity(alice, second, 'away');
  vi.advanceTimersByTime(300);
  expect(told).toEqual([{ alice: 'online' }]);
});

it('P2 a hidden account is told of to nobody', () => {
  presence.add(alice, first, false);
  presence.setActivity(alice, first, 'away');
  vi.advanceTimersByTime(300);
  expect(presence.remove(alice, first)).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});

it('P2 hiding and showing oneself takes effect at once', () => {
  presence.add(alice, first, true);
  vi.advanceTimersByTime(300);
  presence.setVisible(alice, false);
  expect(told.at(-1)).toEqual({ alice: 'offline' });
  expect(now(alice)).toBe('offline');
  presence.setVisible(alice, true);
  expect(told.at(-1)).toEqual({ alice: 'online' });
  presence.setVisible(bob, false);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(3);
});
