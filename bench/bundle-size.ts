import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { launch, password } from './browser.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';

/** Notes each script that a page and its workers fetch, with its size after gzip. */
function countScripts(page: Page): { totalKB(only?: (url: string) => boolean): Promise<number> } {
  const sizes = new Map<string, Promise<number>>();
  page.context().on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    if (!type.includes('javascript') || sizes.has(response.url())) return;
    sizes.set(
      response.url(),
      response.body().then(
        (body) => gzipSync(body, { level: 9 }).length,
        () => 0,
      ),
    );
  });
  return {
    totalKB: async (only = () => true) => {
      const chosen = [...sizes].filter(([url]) => only(url)).map(([, size]) => size);
      return (await Promise.all(chosen)).reduce((sum, size) => sum + size, 0) / 1_000;
    },
  };
}

/** What is fetched: to show the sign-up page, to fill it in, and all told once one is in the chat. */
export async function bundleSize(): Promise<Figure[]> {
  return await withServer(async ({ origin }) => {
    const browser = await launch();
    try {
      const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
      const scripts = countScripts(page);
      await page.goto(`${origin}/signup`, { waitUntil: 'networkidle' });
      const shown = await scripts.totalKB();
      await page.getByRole('textbox', { name: 'Username' }).fill('someone');
      await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
      await page.waitForLoadState('networkidle');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
      await page.waitForLoadState('networkidle');
      const all = await scripts.totalKB();
      const later = await page.context().newPage();
      const chat = countScripts(later);
      await later.goto(`${origin}/rooms/lobby`);
      await later.getByRole('textbox', { name: 'Message' }).waitFor();
      await later.waitForLoadState('networkidle');
      return [
        { name: 'JavaScript of the sign-up page, gzip', unit: 'KB', value: shown, budget: 100 },
        {
          name: 'JavaScript of the chat with its worker, gzip',
          unit: 'KB',
          value: await chat.totalKB(),
          budget: 250,
        },
        {
          name: 'the same with the sign-up page before it',
          unit: 'KB',
          value: all,
          note: 'form, strength meter, chat, worker',
        },
      ];
    } finally {
      await browser.close();
    }
  });
}
