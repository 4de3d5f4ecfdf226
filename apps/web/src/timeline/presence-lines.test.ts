import { describe, expect, it } from 'vitest';
import { ada, bob, cleo, minute, noon } from '../testing/timeline-rows.ts';
import { PresenceLines } from './presence-lines.ts';

describe('PresenceLines', () => {
  it('one line per few minutes', () => {
    const presence = new PresenceLines();
    expect(presence.online([ada], noon, 1, 5)).toBe(true);
    expect(presence.online([bob], noon + minute, 2, 5)).toBe(true);
    expect(presence.online([bob], noon + minute, 2, 5)).toBe(false);
    expect(presence.lines).toMatchObject([{ after: 1, accounts: [ada, bob] }]);
    presence.online([cleo], noon + 5 * minute, 3, 5);
    expect(presence.lines).toHaveLength(2);
  });

  it('a reconnect is no arrival, and large rooms stay silent', () => {
    const presence = new PresenceLines();
    presence.offline([ada], noon);
    expect(presence.online([ada], noon + minute, 1, 5)).toBe(false);
    expect(presence.online([bob], noon + minute, 1, 500)).toBe(false);
    expect(presence.lines).toEqual([]);
  });
});
