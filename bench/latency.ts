import type { Browser, Page } from '@playwright/test';
import { launch, newProfile, signUp } from './browser.ts';
import { plainRelay } from './plain-relay.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';
import { quantile } from './statistics.ts';

const messages = 100;

interface Noted {
  /** When Enter was last pressed. */
  pressedAt?: number;
  /** When a text first stood in the log. */
  seenAt?: Map<string, number>;
}

/** Note, from now on, when Enter is pressed in a page and when each of our messages first stands in its log. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = globalThis as Noted;
    const now = () => performance.timeOrigin + performance.now();
    document.addEventListener('keydown', () => (noted.pressedAt = now()), { capture: true });
    const seenAt = new Map<string, number>();
    noted.seenAt = seenAt;
    const log = document.querySelector('[role=log]');
    if (log === null) throw new Error('no log');
    new MutationObserver(() => {
      for (const [text] of log.textContent?.matchAll(/message \d+ of \d+\./g) ?? []) {
        if (!seenAt.has(text)) seenAt.set(text, now());
      }
    }).observe(log, { childList: true, subtree: true, characterData: true });
  });
}

async function measure(writer: Page, reader: Page): Promise<number[]> {
  await watch(writer);
  await watch(reader);
  const box = writer.getByRole('textbox', { name: 'Message' });
  const times: number[] = [];
  for (let i = 0; i < messages; i++) {
    const text = `message ${i} of ${messages}.`;
    await box.fill(text);
    await box.press('Enter');
    const pressedAt = await writer.evaluate(() => (globalThis as Noted).pressedAt ?? Number.NaN);
    await reader.waitForFunction((wanted) => (globalThis as Noted).seenAt?.has(wanted), text);
    const seenAt = await reader.evaluate((wanted) => (globalThis as Noted).seenAt?.get(wanted) ?? Number.NaN, text);
    times.push(seenAt - pressedAt);
  }
  return times.slice(messages / 10);
}

async function ours(browser: Browser, kind: 'room' | 'thread'): Promise<number[]> {
  return await withServer(async ({ origin }) => {
    const alice = await signUp(browser, origin, 'alice');
    const bob = await signUp(browser, origin, 'bob');
    if (kind === 'thread') {
      await alice.page.getByRole('button', { name: 'New thread' }).first().click();
      await alice.page.getByRole('dialog').getByRole('textbox').first().fill('bob');
      await alice.page.getByRole('dialog').getByRole('checkbox').first().check();
      await alice.page.getByRole('dialog').getByRole('button', { name: /start/i }).click();
      await alice.page.waitForURL('**/threads/**');
      await bob.page.getByRole('navigation', { name: 'Threads' }).getByRole('link').first().click();
      await bob.page.waitForURL('**/threads/**');
      await bob.page.getByRole('textbox', { name: 'Message' }).waitFor();
    }
    try {
      return await measure(alice.page, bob.page);
    } finally {
      await alice.context.close();
      await bob.context.close();
    }
  });
}

async function plain(browser: Browser): Promise<number[]> {
  const relay = await plainRelay();
  const context = await newProfile(browser);
  try {
    const [writer, reader] = [await context.newPage(), await context.newPage()];
    await writer.goto(relay.origin);
    await reader.goto(relay.origin);
    return await measure(writer, reader);
  } finally {
    await context.close();
    await relay.close();
  }
}

/** From Enter in one browser to the text standing in another, on loopback, beside a relay that neither encrypts nor stores. */
export async function latency(): Promise<Figure[]> {
  const browser = await launch();
  try {
    const bare = await plain(browser);
    const room = await ours(browser, 'room');
    const thread = await ours(browser, 'thread');
    const figure = (name: string, times: number[], q: number, budget?: number): Figure => ({
      name: `${name}, p${q * 100}`,
      unit: 'ms',
      value: quantile(times, q),
      peer: { name: 'plain `ws` page', value: quantile(bare, q) },
      ...(budget === undefined ? {} : { budget }),
    });
    return [
      figure('`Send` to seen, public room', room, 0.5, 50),
      figure('`Send` to seen, public room', room, 0.95),
      figure('`Send` to seen, thread', thread, 0.5, 50),
      figure('`Send` to seen, thread', thread, 0.95),
    ];
  } finally {
    await browser.close();
  }
}
