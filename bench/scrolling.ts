import type { Page } from '@playwright/test';
import { launch, signUp } from './browser.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';
import { speak } from './speaker.ts';
import { quantile } from './statistics.ts';

/** One account may send 50 a second, so several share the talking. */
const speakers = ['ann', 'ben', 'cat', 'dan'];
const each = 1_250;
const messages = speakers.length * each;
/** One notch of a mouse wheel. */
const wheelPx = 120;

/** The lengths of the frames, in ms, while `act` runs. */
async function frames(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (now: number) => {
      times.push(now);
      (globalThis as { frameTimes?: number[] }).frameTimes = times;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await act();
  const times = await page.evaluate(() => (globalThis as { frameTimes?: number[] }).frameTimes ?? []);
  return times.slice(1).map((time, i) => time - (times[i] ?? time));
}

const perSecond = (lengths: readonly number[]): number =>
  (lengths.length * 1_000) / lengths.reduce((sum, length) => sum + length, 0);

/** Scrolling through a long conversation, from the newest message up and down again. */
export async function scrolling(): Promise<Figure[]> {
  return await withServer(async ({ origin }) => {
    const browser = await launch();
    try {
      const endings = await Promise.all(speakers.map((name) => speak(origin, name, each)));
      const { page } = await signUp(browser, origin, 'reader');
      const log = page.getByRole('log', { name: 'Messages' });
      await log
        .getByText(new RegExp(`of ${each}`))
        .first()
        .waitFor();
      await log.hover();
      const idle = await frames(page, () => page.waitForTimeout(1_000));
      // Once up without measuring, so that everything is loaded.
      const top = log.getByText(`${speakers[0]} joined`);
      for (let i = 0; i < 500 && !(await top.isVisible()); i++) {
        await page.mouse.wheel(0, -40_000);
        await page.waitForTimeout(50);
      }
      for (const end of endings) end();
      const lengths = await frames(page, async () => {
        for (const direction of [1, -1, 1]) {
          for (let i = 0; i < 120; i++) await page.mouse.wheel(0, direction * wheelPx);
        }
      });
      const note = `frames longer than 1/30 s: ${(100 * lengths.filter((l) => l > 34).length) / lengths.length} %`;
      return [
        {
          name: `scrolling through ${messages} messages`,
          unit: 'frames/s',
          value: perSecond(lengths),
          budget: 55,
          peer: { name: 'the same page standing still', value: perSecond(idle) },
          note,
        },
        { name: 'longest frame in 95 of 100, scrolling', unit: 'ms', value: quantile(lengths, 0.95) },
      ];
    } finally {
      await browser.close();
    }
  });
}
