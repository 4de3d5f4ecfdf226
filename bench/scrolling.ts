import type { Browser, Page } from '@playwright/test';
import { launch, newProfile, signUp } from './browser.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';
import { type Picture, speak } from './speaker.ts';
import { quantile, rounded } from './statistics.ts';

/** One account may send 50 a second, so several share the talking. */
const speakers = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal'];
const each = 2_500;
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

/** A picture as a page draws it, and its preview. */
async function paint(browser: Browser): Promise<Picture> {
  const page = await (await newProfile(browser)).newPage();
  const paintPng = (width: number, height: number) =>
    page.evaluate(
      ([w, h]) => {
        const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
        const context = canvas.getContext('2d');
        for (let i = 0; i < 200; i++) {
          if (context) context.fillStyle = `hsl(${i * 7} 60% 50%)`;
          context?.fillRect((i * 37) % w, (i * 53) % h, w / 6, h / 6);
        }
        return canvas.toDataURL('image/png').split(',')[1] ?? '';
      },
      [width, height] as const,
    );
  const bytes = async (width: number, height: number) =>
    new Uint8Array(Buffer.from(await paintPng(width, height), 'base64'));
  const picture = { bytes: await bytes(1_200, 800), thumbnail: await bytes(60, 40), width: 1_200, height: 800 };
  await page.context().close();
  return picture;
}

/** What a page holds of JavaScript objects after a collection, in MiB. */
async function heapMiB(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 2 ** 20;
}

/** Scrolling through a long conversation, from the newest message up and down again. */
export async function scrolling(): Promise<Figure[]> {
  return await withServer(async ({ origin }) => {
    const browser = await launch();
    try {
      const picture = await paint(browser);
      const endings = await Promise.all(speakers.map((name) => speak(origin, name, each, picture)));
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
      const heapAtStart = await heapMiB(page);
      for (let i = 0; i < 2_000 && !(await top.isVisible()); i++) {
        await page.mouse.wheel(0, -40_000);
        await page.waitForTimeout(50);
      }
      for (const end of endings) end();
      const lengths = await frames(page, async () => {
        for (const direction of [1, -1, 1]) {
          for (let i = 0; i < 120; i++) await page.mouse.wheel(0, direction * wheelPx);
        }
      });
      const note = `frames longer than 1/30 s: ${rounded((100 * lengths.filter((l) => l > 34).length) / lengths.length)} %`;
      return [
        {
          name: `scrolling through ${messages} messages, one in twenty a picture`,
          unit: 'frames/s',
          value: perSecond(lengths),
          budget: 55,
          peer: { name: 'the same page standing still', value: perSecond(idle) },
          note,
        },
        { name: 'longest frame in 95 of 100, scrolling', unit: 'ms', value: quantile(lengths, 0.95) },
        {
          name: `JavaScript heap of the tab after all ${messages} were shown`,
          unit: 'MiB',
          value: await heapMiB(page),
          budget: 100,
          note: `with the newest page only: ${Math.round(heapAtStart)}`,
        },
      ];
    } finally {
      await browser.close();
    }
  });
}
