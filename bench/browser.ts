import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { browserArgs, findChromium } from '../e2e/support/chromium.ts';

export const password = 'Quiet-river-42';

export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  return await chromium.launch({
    args: browserArgs,
    chromiumSandbox: process.getuid?.() !== 0,
    ...(executablePath === undefined ? {} : { executablePath }),
  });
}

/** A new browser profile. */
export async function newProfile(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  // tsx marks functions with this helper, also those that are sent into a page.
  await context.addInitScript('globalThis.__name ??= (value) => value');
  return context;
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** From the click on `Create account` to a lobby that can be written in. */
  readonly toLobbyMs: number;
}

/** A person with a new browser profile who signs up and waits for the lobby. */
export async function signUp(browser: Browser, origin: string, username: string): Promise<Visitor> {
  const context = await newProfile(browser);
  const page = await context.newPage();
  await page.goto(`${origin}/signup`);
  await page.getByRole('textbox', { name: 'Username' }).fill(username);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
  await page.waitForLoadState('networkidle');
  const button = page.getByRole('button', { name: 'Create account' });
  const clickedAt = await button.evaluate(
    (element) =>
      new Promise<number>((resolve) => {
        element.addEventListener('click', () => resolve(performance.timeOrigin + performance.now()), { once: true });
        (element as HTMLElement).click();
      }),
  );
  const usableAt = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          const box = document.querySelector<HTMLTextAreaElement>('main textarea');
          if (box !== null && !box.disabled && !box.readOnly) resolve(performance.timeOrigin + performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
  return { context, page, toLobbyMs: usableAt - clickedAt };
}
