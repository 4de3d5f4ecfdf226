import { expect, type Locator, type Page } from '@playwright/test';
import { type Person, password, test } from './support/test.ts';

/** Tab (or Shift+Tab) until `target` has the focus, as someone without a mouse does; every stop on the way must be visible. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    await page.keyboard.press(key);
    const shown = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return true;
      const { width, height } = focused.getBoundingClientRect();
      const { outlineStyle, boxShadow } = getComputedStyle(focused);
      const around = getComputedStyle(focused.parentElement ?? focused);
      const ring =
        outlineStyle !== 'none' ||
        boxShadow !== 'none' ||
        around.outlineStyle !== 'none' ||
        around.boxShadow !== 'none';
      return width > 0 && height > 0 && ring;
    });
    expect(shown, 'what has the focus shows it').toBe(true);
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

async function press(one: Person, target: Locator): Promise<void> {
  await tabTo(one.page, target);
  await one.page.keyboard.press('Enter');
}

test('the main job by keyboard alone: sign up, write in the lobby, start a thread, write in it, sign out', async ({
  person,
}) => {
  const bob = await person('bob');
  const alice = await person('alice', { signUp: false });
  const { page } = alice;
  const { keyboard } = page;
  await page.goto('/signup');
  await expect(page.getByRole('heading', { name: /account/ })).toBeVisible();

  await tabTo(page, page.getByRole('textbox', { name: 'Username' }));
  await keyboard.type(alice.name);
  await tabTo(page, page.getByRole('textbox', { name: 'Password' }));
  await keyboard.type(password);
  await keyboard.press('Enter');

  await expect(alice.composer).toBeFocused({ timeout: 20_000 });
  await alice.online();
  await keyboard.type('By keyboard in the lobby');
  // Until the keys of the room are there it can be written, not sent.
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeEnabled({ timeout: 20_000 });
  await keyboard.press('Enter');
  await bob.reads('By keyboard in the lobby');

  await tabTo(page, page.getByRole('button', { name: 'New thread' }), 'Shift+Tab');
  await keyboard.press('Enter');
  await expect(alice.dialog.getByRole('textbox', { name: 'Find people' })).toBeFocused();
  await keyboard.type(bob.name);
  const choice = alice.dialog.getByRole('checkbox', { name: bob.name });
  await expect(choice).toBeVisible();
  await tabTo(page, choice);
  await keyboard.press('Space');
  await expect(choice).toBeChecked();
  await press(alice, alice.dialog.getByRole('button', { name: 'Start thread' }));
  await expect(page).toHaveURL(/\/threads\//);
  await expect(alice.composer).toBeFocused();
  await keyboard.type('By keyboard in the thread');
  await keyboard.press('Enter');
  await bob.openThread(alice.name);
  await bob.reads('By keyboard in the thread');

  // Escape closes a dialog and gives the focus back.
  const signOut = page.getByRole('button', { name: 'Sign out' });
  await tabTo(page, signOut, 'Shift+Tab');
  await keyboard.press('Enter');
  await expect(alice.dialog).toBeVisible();
  await keyboard.press('Escape');
  await expect(alice.dialog).toHaveCount(0);
  await expect(signOut).toBeFocused();

  await keyboard.press('Enter');
  await tabTo(page, alice.dialog.getByRole('button', { name: /sign out$/i }));
  await keyboard.press('Enter');
  await expect(page).toHaveURL(/\/login/);
});

test('people, menus and the conversation are reached and left by keyboard', async ({ person }) => {
  const bob = await person('bob');
  const alice = await person('alice');
  const { page } = alice;
  await bob.say('Hello alice');
  await tabTo(page, alice.people.getByRole('button', { name: bob.name }));
  await page.keyboard.press('Enter');
  await expect(alice.dialog.getByRole('list', { name: /Safety number/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(alice.people.getByRole('button', { name: bob.name })).toBeFocused();

  const more = page.getByRole('button', { name: 'More' });
  await tabTo(page, more, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: /Leave/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();

  await tabTo(page, alice.log);
  await page.keyboard.press('Home');
  // The first stop of the page leads past the lists.
  const skip = page.getByRole('link', { name: 'Skip to the conversation' });
  await tabTo(page, skip, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(alice.composer).toBeFocused();
});
