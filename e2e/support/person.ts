import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import type { Guard } from './guard.ts';

export const password = 'Quiet-river-42';

/** One person at one browser, who knows nothing but what is on the screen. */
export class Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly guard: Guard;
  page: Page;

  constructor(name: string, context: BrowserContext, page: Page, guard: Guard) {
    this.name = name;
    this.context = context;
    this.page = page;
    this.guard = guard;
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  get connection(): Locator {
    return this.page.getByRole('status', { name: 'Connection' });
  }

  get rooms(): Locator {
    return this.page.getByRole('navigation', { name: 'Rooms' });
  }

  get threads(): Locator {
    return this.page.getByRole('navigation', { name: 'Threads' });
  }

  get people(): Locator {
    return this.page.getByRole('list', { name: 'People' });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** The message with this text. */
  message(text: string | RegExp): Locator {
    return this.log.getByRole('article').filter({ hasText: text });
  }

  async fillSignUp(): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Username' }).fill(this.name);
    await this.page.getByRole('textbox', { name: 'Password' }).fill(password);
  }

  /** Sign up in the browser and arrive in the lobby. */
  async signUp(): Promise<this> {
    await this.page.goto('/signup');
    await this.fillSignUp();
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.arrive();
    return this;
  }

  /** A room is open, the connection stands, and one can write. */
  async arrive(): Promise<void> {
    await expect(this.composer).toBeVisible({ timeout: 20_000 });
    await this.online();
  }

  async online(): Promise<void> {
    await expect(this.connection).toHaveText(/Online/, { timeout: 20_000 });
  }

  async fillSignIn(secret = password): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Username' }).fill(this.name);
    await this.page.getByRole('textbox', { name: 'Password' }).fill(secret);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Type and press Enter. */
  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    // Keys of a room just entered may still be on their way.
    await expect(this.page.getByRole('button', { name: 'Send', exact: true })).toBeEnabled({ timeout: 20_000 });
    await this.composer.press('Enter');
    await expect(this.composer).toHaveValue('');
  }

  /** Write many in a row, faster than fingers: the first as `write`, the rest by events in the page. */
  async writeAll(texts: readonly string[]): Promise<void> {
    const [first, ...rest] = texts;
    if (first === undefined) return;
    await this.write(first);
    await this.composer.evaluate(async (composer: HTMLTextAreaElement, lines) => {
      for (const line of lines) {
        composer.value = line;
        composer.dispatchEvent(new InputEvent('input', { bubbles: true }));
        composer.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
        while (composer.value !== '') await new Promise(requestAnimationFrame);
      }
    }, rest);
  }

  /** Write, and wait until the server has it. */
  async say(text: string): Promise<void> {
    await this.write(text);
    await this.sent(text);
  }

  async sent(text: string, timeout = 20_000): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).toContainText('Sent', { timeout });
  }

  async reads(text: string | RegExp): Promise<void> {
    await expect(this.message(text)).toHaveCount(1, { timeout: 20_000 });
  }

  /** Start a thread with `others` and stand in it. */
  async startThread(...others: readonly Person[]): Promise<void> {
    await this.page.getByRole('button', { name: 'New thread' }).click();
    for (const { name } of others) {
      await this.dialog.getByRole('textbox', { name: 'Find people' }).fill(name);
      await this.dialog.getByRole('checkbox', { name }).check();
    }
    await this.dialog.getByRole('button', { name: 'Start thread' }).click();
    await expect(this.page).toHaveURL(/\/threads\//);
    await expect(this.dialog).toHaveCount(0);
  }

  async openThread(title: string | RegExp): Promise<void> {
    await this.threads.getByRole('link', { name: title }).click();
    await expect(this.page).toHaveURL(/\/threads\//);
  }

  async openRoom(name: string): Promise<void> {
    await this.rooms.getByRole('link', { name: new RegExp(`^${name}\\b`, 'i') }).click();
  }

  /** Through the button in the profile bar; `keep`: leave keys and history on this browser. */
  async signOut(keep: boolean): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await this.dialog.getByRole('radio', { name: keep ? /^Keep/ : /^Remove/ }).check();
    await this.dialog.getByRole('button', { name: /sign out$/i }).click();
    await expect(this.page).toHaveURL(/\/login/);
  }

  /** On the screen that says that this browser has no keys: make new ones. */
  async startAnew(): Promise<void> {
    await this.page.getByRole('button', { name: 'Start anew on this browser' }).click();
    await this.dialog.getByRole('checkbox', { name: /cannot be undone/ }).check();
    await this.dialog.getByRole('button', { name: 'Start anew' }).click();
    // On a narrow window the lists come first.
    await expect(this.rooms.or(this.composer).first()).toBeVisible({ timeout: 20_000 });
    await this.online();
  }

  /** Another tab of the same browser; `page` becomes it. */
  async newTab(path = '/'): Promise<Page> {
    this.page = await this.context.newPage();
    await this.page.goto(path);
    await this.arrive();
    return this.page;
  }

  /** All matches of `pattern` in what is shown, in order: to compare what was said with what is there. */
  async shown(pattern: RegExp): Promise<string[]> {
    return (await this.log.innerText()).match(pattern) ?? [];
  }
}
