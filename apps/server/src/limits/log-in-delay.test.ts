import { expect, it } from 'vitest';
import { LogInDelay } from './log-in-delay.ts';
import { noScripts } from './scripts.ts';

function delayWithClock() {
  const clock = { now: 0 };
  const delay = new LogInDelay(noScripts, () => clock.now);
  const waitMs = async (account = 'alice', address = '1.1.1.1'): Promise<number> => {
    try {
      await delay.check(account, address);
      return 0;
    } catch (error) {
      return Number((error as { detail: { retryAfterMs: number } }).detail.retryAfterMs);
    }
  };
  return { clock, delay, waitMs };
}

it('waits longer after each failure, up to a minute, and never for good', async () => {
  const { clock, delay, waitMs } = delayWithClock();
  const waits: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    await delay.failed('alice', '1.1.1.1');
    waits.push(await waitMs());
    clock.now += waits.at(-1) ?? 0;
    expect(await waitMs()).toBe(0);
  }
  expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map((seconds) => seconds * 1000));
});

it('concerns one account from one address, and success or time clears it', async () => {
  const { clock, delay, waitMs } = delayWithClock();
  for (let i = 0; i < 5; i += 1) await delay.failed('alice', '1.1.1.1');
  expect(await waitMs()).toBe(4_000);
  expect(await waitMs('alice', '2.2.2.2')).toBe(0);
  expect(await waitMs('bob')).toBe(0);
  await delay.succeeded('alice', '1.1.1.1');
  expect(await waitMs()).toBe(0);
  for (let i = 0; i < 5; i += 1) await delay.failed('alice', '1.1.1.1');
  clock.now += 16 * 60_000;
  await delay.failed('alice', '1.1.1.1');
  expect(await waitMs()).toBe(0);
});
