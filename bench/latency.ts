import type { Browser, Page } from '@playwright/test';
import { launch, signUp } from './browser.ts';
import { plainRelay } from './plain-relay.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';
import { quantile } from './statistics.ts';

const messages = 100;

/** Resolves in the reader's page with the time at which `text` stands in an element of role log. */
const seen = (page: Page, text: string): Promise<number> =>
  page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const log = document.querySelector('[role=log]');
        const look = () => {
          if (log?.textContent?.includes(wanted) !== true) return false;
          observer.disconnect();
          resolve(performance.timeOrigin + performance.now());
          return true;
        };
        const observer = new MutationObserver(look);
        if (log !== null) observer.observe(log, { childList: true, subtree: true, characterData: true });
        look();
      }),
    text,
  );

/** Type `text` and press Enter; resolves with the time of the key press. */
async function send(page: Page, text: string): Promise<number> {
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill(text);
  const pressed = box.evaluate(
    (element) =>
      new Promise<number>((resolve) => {
        const note = () => resolve(performance.timeOrigin + performance.now());
        element.addEventListener('keydown', note, { once: true, capture: true });
      }),
  );
  await box.press('Enter');
  return await pressed;
}

async function measure(writer: Page, reader: Page): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < messages; i++) {
    const text = `message ${i} of ${messages}.`;
    const arrival = seen(reader, text);
    const sentAt = await send(writer, text);
    times.push((await arrival) - sentAt);
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
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
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
