import { describe, expect, it } from 'vitest';
import { serverLimits } from '../server-limits.ts';
import { type Bar, isBroken, nextBar } from './bars.ts';

const { barMs, barMaxMs, barForgetMs } = serverLimits;

describe('R14 who is barred', () => {
  it.each([
    // Nobody, or one alone: also where that is everyone else.
    [0, 0, false],
    [0, 31, false],
    [1, 1, false],
    [1, 2, false],
    [1, 3, false],
    // Two in a small room.
    [2, 2, true],
    [2, 3, true],
    [2, 7, true],
    // A quarter is not enough, more is.
    [2, 8, false],
    [3, 8, true],
    [2, 9, false],
    [3, 11, true],
    [3, 12, false],
    [25, 100, false],
    [26, 100, true],
    [2_500, 10_000, false],
    [2_501, 10_000, true],
  ])('R14 %i of %i who could report: %s', (reporters, witnesses, barred) => {
    expect(isBroken({ reporters, witnesses })).toBe(barred);
  });

  it('R14 each bar lasts twice as long as the one before, up to a day, and is forgotten after a week', () => {
    let now = Date.UTC(2026, 0, 1);
    let before: Bar | null = null;
    const lasted: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const bar: Bar = nextBar(before, now);
      expect(bar.barredAt.getTime()).toBe(now);
      lasted.push(bar.until.getTime() - now);
      before = bar;
      now = bar.until.getTime() + barForgetMs;
    }
    expect(lasted).toEqual(lasted.map((_, i) => Math.min(barMs * 2 ** i, barMaxMs)));
    expect(lasted.at(-1)).toBe(barMaxMs);
    expect(nextBar(before, now + 1)).toMatchObject({ times: 1, until: new Date(now + 1 + barMs) });
  });
});
