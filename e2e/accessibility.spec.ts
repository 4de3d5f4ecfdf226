import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, type Person, test } from './support/test.ts';

/** What axe finds that is serious or critical, as sentences: everything in the light theme, colours in the dark one besides. */
async function serious(page: Page): Promise<string[]> {
  const sentences: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours are read when nothing fades any more.
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))));
    const axe = new AxeBuilder({ page });
    if (colorScheme === 'dark') axe.withRules('color-contrast');
    const { violations } = await axe.analyze();
    for (const { id, help, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      for (const { target, failureSummary } of nodes) {
        sentences.push(`${colorScheme}: ${id} (${help}) at ${target.join(' ')}: ${failureSummary}`);
      }
    }
  }
  return sentences;
}

for (const width of [1280, 390]) {
  const look = { viewport: { width, height: 800 } };

  test.describe(`axe finds nothing serious in either theme, ${width} wide`, () => {
    test('before one is signed in', async ({ person }) => {
      const nobody = await person('nobody', { ...look, signUp: false });
      const { page } = nobody;
      await page.goto('/signup');
      await page.getByRole('textbox', { name: 'Username' }).fill('a b');
      await page.getByRole('textbox', { name: 'Password' }).fill('weak');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(page.getByRole('textbox', { name: 'Password' })).toHaveAttribute('aria-invalid', 'true');
      expect(await serious(page)).toEqual([]);
      await page.goto('/login');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('textbox', { name: 'Username' })).toHaveAttribute('aria-invalid', 'true');
      expect(await serious(page)).toEqual([]);
      await page.goto('/no/such/page');
      await expect(page.getByRole('heading').first()).toBeVisible();
      expect(await serious(page)).toEqual([]);
    });

    test('rooms, threads, dialogs, settings', async ({ person }) => {
      // Two dozen runs of axe: more work than a promise usually is.
      test.slow();
      const bob = await person('bob');
      const alice = await person('alice', look);
      const { page } = alice;
      const home = async (): Promise<void> => {
        if (width < 720) await page.getByRole('link', { name: 'Back to rooms and threads' }).click();
      };
      await bob.write('**Bold** `code`\n\n> quote\n\n- item\n\n```\nblock\n```\n[link](https://example.org)');
      await expect(alice.log).toContainText('Bold');
      await alice.say('An answer');
      expect(await serious(page)).toEqual([]);

      await page.getByRole('button', { name: 'More' }).click();
      await expect(page.getByRole('menu')).toBeVisible();
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press('Escape');
      if (width < 720) {
        await page.getByRole('button', { name: /members/ }).click();
        await expect(alice.people).toBeVisible();
        expect(await serious(page)).toEqual([]);
      }
      await alice.people.getByRole('button', { name: bob.name }).click();
      await expect(alice.dialog.getByRole('list', { name: /Safety number/ })).toBeVisible();
      expect(await serious(page)).toEqual([]);
      await alice.dialog.getByRole('button', { name: 'Start a thread' }).click();
      await expect(page).toHaveURL(/\/threads\//);
      await alice.say('In the thread');
      expect(await serious(page)).toEqual([]);

      await home();
      for (const name of ['New room', 'New thread', 'Sign out']) {
        await page.getByRole('button', { name, exact: true }).click();
        await expect(alice.dialog).toBeVisible();
        expect(await serious(page), name).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(alice.dialog).toHaveCount(0);
      }
      expect(await serious(page)).toEqual([]);
      await page.getByRole('link', { name: 'Browse rooms' }).click();
      await expect(page.getByRole('main')).toContainText('1 room');
      expect(await serious(page)).toEqual([]);
      await page.goto('/threads/00000000-0000-4000-8000-000000000000');
      await expect(page.getByRole('heading', { name: /not in this thread/ })).toBeVisible();
      expect(await serious(page)).toEqual([]);
      await page.goto('/settings');
      await expect(page.getByRole('list', { name: 'Sessions' })).toBeVisible();
      expect(await serious(page)).toEqual([]);
      await page.getByRole('button', { name: 'Delete account' }).click();
      await expect(alice.dialog).toBeVisible();
      expect(await serious(page)).toEqual([]);
    });

    test('warnings: no keys, a changed identity, no connection, a message not sent', async ({ person, network }) => {
      const bob = await person('bob');
      const alice = await person('alice', { ...look, proxy: network.proxy });
      alice.guard.expect(/WebSocket|ERR_|Failed to load|fetching the script/);
      await bob.startThread(alice);
      await bob.say('Hello');
      const anew: Person = await person('anew', { ...look, signUp: false });
      Object.assign(anew, { name: bob.name });
      await anew.page.goto('/login');
      await anew.fillSignIn();
      await expect(anew.page.getByRole('heading', { name: /no keys/ })).toBeVisible();
      expect(await serious(anew.page)).toEqual([]);
      await anew.page.getByRole('button', { name: 'Start anew on this browser' }).click();
      await expect(anew.dialog).toBeVisible();
      expect(await serious(anew.page)).toEqual([]);
      await anew.page.keyboard.press('Escape');
      await expect(anew.dialog).toHaveCount(0);
      await anew.startAnew();

      await alice.page.goto(bob.page.url());
      await expect(alice.page.getByRole('alert').filter({ hasText: 'safety number changed' })).toBeVisible();
      network.set('pages');
      await expect(alice.connection).toHaveText(/Offline/);
      expect(await serious(alice.page)).toEqual([]);
    });
  });
}
