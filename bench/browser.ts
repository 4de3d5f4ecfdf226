import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { browserArgs, findChromium } from '../e2e/support/chromium.ts';

export const password = 'Quiet-river-42';

function launchOptions() {
  const executablePath = findChromium();
  return {
    args: browserArgs,
    chromiumSandbox: process.getuid?.() !== 0,
    ...(executablePath === undefined ? {} : { executablePath }),
  };
}

export async function launch(): Promise<Browser> {
  return await chromium.launch(launchOptions());
}

async function prepared(context: BrowserContext): Promise<BrowserContext> {
  // tsx marks functions with this helper, also those that are sent into a page.
  await context.addInitScript('globalThis.__name ??= (value) => value');
  return context;
}

const viewport = { width: 1280, height: 800 };

/** A new browser profile. It lives in memory, as a private window's. */
export async function newProfile(browser: Browser): Promise<BrowserContext> {
  return await prepared(await browser.newContext({ viewport }));
}

/** A browser of its own with a profile on the disk, in `folder`, as people have it. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  return await prepared(await chromium.launchPersistentContext(folder, { ...launchOptions(), viewport }));
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** From the click on `Create account` to a lobby that can be written in. */
  readonly toLobbyMs: number;
}

/** A person with a new browser profile who signs up and waits for the lobby. */
export async function signUp(browser: Browser, origin: string, username: string): Promise<Visitor> {
  return await signUpIn(await newProfile(browser), origin, username);
}

/** The same in a profile that there is. */
export async function signUpIn(context: BrowserContext, origin: string, username: string): Promise<Visitor> {
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
