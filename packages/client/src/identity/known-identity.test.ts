import type { KeyLogDevice, VerifiedKeyLog } from '@undertone/identity';
import type { AccountId, DeviceId } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import {
  headHex,
  isChanged,
  type KnownIdentity,
  logOfDevice,
  ownIdentity,
  pinnedLog,
  rootHex,
  type Standing,
  shownLog,
  withAccepted,
  withOffered,
  withOwnOffered,
} from './known-identity.ts';

const bob = '11111111-1111-4111-8111-111111111111' as AccountId;
const bytes = (n: number) => new Uint8Array(32).fill(n);
const device = (n: number) => `device${n}` as DeviceId;

/** A verified log: `keys` gives each of its devices a key, all of which its root entry has, or `entries` of them. */
function logOf(root: number, keys: Readonly<Record<number, number>>, entries = 1): VerifiedKeyLog {
  const named = Object.entries(keys).map(([n, key]): KeyLogDevice => {
    const facts = { addedAt: 0, removedAt: null, time: null, how: null, by: null };
    return { device: device(Number(n)), key: bytes(key), ...facts };
  });
  const hashes = Array.from({ length: entries }, (_, i) => bytes(root + i));
  return {
    version: 2,
    account: bob,
    root: bytes(root),
    username: 'bob',
    skeleton: 'bob',
    entries: [],
    hashes,
    head: { index: entries - 1, hash: hashes.at(-1) ?? bytes(root) },
    devices: new Map(named.map((one) => [one.device, one])),
    recovery: null,
    archive: null,
    needsNewer: false,
  };
}

const taken = (known: KnownIdentity | undefined, ...offered: VerifiedKeyLog[]): KnownIdentity => {
  const now = withOffered(known, offered);
  if (now === undefined) throw new Error('nothing is known');
  return now;
};

const accepted = (known: KnownIdentity, log: VerifiedKeyLog): KnownIdentity => {
  const now = withAccepted(known, rootHex(log), headHex(log));
  if (now === undefined) throw new Error('it is not the one that is shown');
  return now;
};

/** The standing of each log, by the first byte of its root. */
const standings = ({ logs }: KnownIdentity): Record<number, Standing> =>
  Object.fromEntries(logs.map(({ log, standing }) => [log.root[0], standing]));

/** The key that a device has, over all logs. */
const keyOf = (known: KnownIdentity, n: number): number | undefined =>
  logOfDevice(known, device(n))?.log.devices.get(device(n))?.key[0];

describe('what is known of an identity', () => {
  const one = logOf(10, { 1: 1 });
  const otherKey = logOf(20, { 1: 2 });
  const otherDevice = logOf(30, { 2: 1 });

  it.each([
    ['a known device another key', otherKey],
    ['a known key another device', otherDevice],
  ])('I10 a log that gives %s is a change that has no keys until it is accepted', (_, conflicting) => {
    const known = taken(taken(undefined, one), one, conflicting);
    expect(standings(known)[conflicting.root[0] ?? 0]).toBe('conflicting');
    expect(isChanged(known)).toBe(true);
    expect(shownLog(known)).toBe(conflicting);
    expect(pinnedLog(known)).toBe(one);
    expect([keyOf(known, 1), keyOf(known, 2)]).toEqual([1, undefined]);
    // Told again, it is no news.
    expect(withOffered(known, [one, conflicting])).toBe(known);

    const after = accepted(known, conflicting);
    expect(isChanged(after)).toBe(false);
    expect(pinnedLog(after)).toBe(conflicting);
    const keys = conflicting === otherKey ? [2, undefined] : [undefined, 1];
    expect([keyOf(after, 1), keyOf(after, 2)]).toEqual(keys);
  });

  it('I10 what an accepted log conflicts with is no news while it is told as an older one, and a change as the newest', () => {
    const after = accepted(taken(taken(undefined, one), otherKey), otherKey);
    expect(standings(after)).toEqual({ 10: 'dropped', 20: 'pinned' });
    expect(withOffered(after, [one, otherKey])).toBe(after);
    const back = taken(after, one);
    expect(standings(back)).toEqual({ 10: 'conflicting', 20: 'pinned' });
    expect([keyOf(back, 1), shownLog(back)]).toEqual([2, one]);
    expect(withOffered(back, [one])).toBe(back);
    expect(keyOf(accepted(back, one), 1)).toBe(1);
  });

  it('I10 accepting a log drops every log that it conflicts with, whatever its standing, and no other', () => {
    // 10 is claimed, 11 pinned, 12 waits, 13 and 14 conflict.
    const [claimed, past, waiting] = [logOf(10, { 1: 1 }), logOf(11, { 2: 2 }), logOf(12, { 3: 3 })];
    const [other, chosen] = [logOf(13, { 3: 9 }), logOf(14, { 1: 8, 2: 7, 4: 4 })];
    const known = taken(taken(undefined, claimed, past), waiting, other, chosen);
    expect(standings(known)).toEqual({
      10: 'claimed',
      11: 'pinned',
      12: 'new',
      13: 'conflicting',
      14: 'conflicting',
    });
    const after = accepted(known, chosen);
    expect(standings(after)).toEqual({ 10: 'dropped', 11: 'dropped', 12: 'claimed', 13: 'dropped', 14: 'pinned' });
    expect([1, 2, 3, 4].map((n) => keyOf(after, n))).toEqual([8, 7, 3, 4]);
  });

  it('I10 of logs that conflict and wait, the newest is shown, and accepting it leaves one key for each device', () => {
    const third = logOf(40, { 1: 3 });
    const known = taken(taken(undefined, one), otherKey, third);
    expect(shownLog(known)).toBe(third);
    expect(withAccepted(known, rootHex(otherKey), headHex(otherKey))).toBeUndefined();
    const after = accepted(known, third);
    expect(standings(after)).toEqual({ 10: 'dropped', 20: 'dropped', 40: 'pinned' });
    expect([isChanged(after), keyOf(after, 1)]).toEqual([false, 3]);
  });

  it('I10 of logs that are told together at first sight, an older one that conflicts has no keys and is no news later', () => {
    const known = taken(undefined, otherKey, one);
    expect(standings(known)).toEqual({ 20: 'dropped', 10: 'pinned' });
    expect([isChanged(known), keyOf(known, 1)]).toEqual([false, 1]);
    expect(withOffered(known, [otherKey, one])).toBe(known);
    expect(isChanged(taken(known, one, otherKey))).toBe(true);
  });

  it('K5 I10 the pinned log goes on, and what conflicts with how it goes on gives way', () => {
    const [claimed, waiting] = [logOf(50, { 2: 5 }), logOf(60, { 3: 6 })];
    const known = taken(taken(undefined, claimed, one), waiting);
    const longer = logOf(10, { 1: 1, 2: 22, 3: 33 }, 2);
    const after = taken(known, longer);
    expect(pinnedLog(after)).toBe(longer);
    expect(standings(after)).toEqual({ 50: 'dropped', 10: 'pinned', 60: 'conflicting' });
    expect([1, 2, 3].map((n) => keyOf(after, n))).toEqual([1, 22, 33]);
    expect(shownLog(after)).toBe(waiting);
  });

  it('I10 a log that waits gives way where it goes on to conflict; one that is over does not go on so', () => {
    const [claimed, waiting] = [logOf(50, { 2: 5 }), logOf(60, { 3: 6 })];
    const known = taken(taken(undefined, claimed, one), waiting);
    const longer = logOf(60, { 3: 6, 1: 9 }, 2);
    const after = taken(known, longer);
    expect(standings(after)).toEqual({ 50: 'claimed', 10: 'pinned', 60: 'conflicting' });
    expect([shownLog(after), keyOf(after, 1), keyOf(after, 3)]).toEqual([longer, 1, undefined]);
    expect(withOffered(known, [logOf(50, { 2: 5, 1: 9 }, 2), waiting])).toBe(known);
  });

  it('I8 a log that does not count any more is a change when the server gives it as the newest, and no news otherwise', () => {
    const [truth, lie] = [logOf(10, { 1: 1 }), logOf(50, { 5: 5 })];
    const fooled = accepted(taken(taken(undefined, truth), lie), lie);
    expect(standings(fooled)).toEqual({ 10: 'past', 50: 'pinned' });
    expect(withOffered(fooled, [truth, lie])).toBe(fooled);
    const back = taken(fooled, truth);
    expect([isChanged(back), shownLog(back)]).toEqual([true, truth]);
    expect(standings(accepted(back, truth))).toEqual({ 50: 'past', 10: 'pinned' });
  });

  it("K9 I10 in one's own name a log that conflicts is ignored: none can take the place of this device's", () => {
    const own = ownIdentity(undefined, one);
    expect(withOwnOffered(own, [one, otherKey, otherDevice])).toBe(own);
    const changed = withOwnOffered(own, [one, logOf(70, { 7: 7 }), logOf(71, { 7: 8 })]);
    expect(standings(changed)).toEqual({ 10: 'pinned', 70: 'new' });
    const opened = ownIdentity(taken(taken(undefined, one), otherKey), one);
    expect(standings(opened)).toEqual({ 10: 'pinned' });
  });
});
