import { commonPasswords } from '@undertone/protocol/common-passwords';
import { describe, expect, test } from 'vitest';
import { createStrengthMeter } from './strength-meter.ts';

describe('strength meter', () => {
  const meter = createStrengthMeter(commonPasswords);

  test('ranks what a person would rank', () => {
    expect(meter('Password1', []).level).toBe(0);
    expect(meter('Qwertyuiop1', []).level).toBeLessThanOrEqual(1);
    expect(meter('correct Horse battery 9', []).level).toBe(4);
  });

  test('one’s own name does not make a password', () => {
    const { level, hint } = meter('Zebulonia2024', ['zebulonia', '']);
    expect(level).toBeLessThanOrEqual(1);
    expect(hint).toBe('It contains your name.');
    expect(meter('Zebulonia2024', []).level).toBeGreaterThan(level);
  });

  test('works without the list', () => {
    expect(createStrengthMeter([])('Xk4#mQ9vLp2z', []).level).toBe(4);
  });

  test('a very long password does not stall the page', () => {
    const start = performance.now();
    meter('l33t$p34k!5@(0)'.repeat(17), []);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
