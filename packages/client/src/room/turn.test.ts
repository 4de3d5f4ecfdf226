import { expect, it } from 'vitest';
import { turnMs } from './turn.ts';

it('one device has nobody to wait for', () => {
  expect(turnMs(1)).toBe(0);
});

it('waits are between nothing and a bound that grows slowly with the group', () => {
  for (const devices of [2, 50, 10_000]) {
    expect(turnMs(devices, 1 - Number.EPSILON)).toBe(0);
    expect(turnMs(devices, 0)).toBe(250 * Math.log2(devices));
  }
});

it('of a crowd about one goes first, and few before the others can have seen it', () => {
  const devices = 10_000;
  // Evenly spread places, in place of chance.
  const waits = Array.from({ length: devices }, (_, i) => turnMs(devices, i / devices)).sort((a, b) => a - b);
  const first = waits[0] ?? 0;
  expect(waits.filter((wait) => wait < first + 250).length).toBeLessThan(10);
});
