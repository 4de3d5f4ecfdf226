import { send, textFile } from './support/files.ts';
import { reloadAfterCut } from './support/network.ts';
import { storedBy } from './support/storage.ts';
import { expect, lostConnection, type Person, password, test } from './support/test.ts';

const notice = (one: Person) => one.page.getByRole('alert').filter({ hasText: 'removed from this browser' });

/** Someone who leaves traces everywhere, in a browser that holds the app's shell. */
async function settled(one: Person, other: Person): Promise<void> {
  await one.startThread(other);
  await one.say('Something private');
  await send(one, textFile('notes.txt', 'a file of mine'));
  await expect(one.log.getByText('notes.txt')).toBeVisible();
  // What a crash left of a large file that was looked at, and what the person uses.
  await one.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const files = await root.getDirectoryHandle('files');
    for await (const [name] of files.entries()) {
      await (await files.getDirectoryHandle(name)).getFileHandle('plain-left', { create: true });
    }
    localStorage.setItem('undertone.emoji', '[["🦄",3]]');
    await navigator.serviceWorker.ready;
  });
  await one.page.reload();
  await one.arrive();
  const stored = await storedBy(one.page);
  expect(stored.databases.some((name) => name.startsWith('undertone-vault-'))).toBe(true);
  expect(stored.files.length).toBeGreaterThan(1);
  expect(stored.local).toContain('undertone.last-room');
}

/** Nothing of theirs is here: only the app itself, and what names nobody. */
async function expectNothingLeft(one: Person, { unfinished = false } = {}): Promise<void> {
  const stored = await storedBy(one.page);
  expect(stored.databases).toEqual(unfinished ? ['undertone'] : []);
  expect(stored.files).toEqual([]);
  expect(stored.session).toEqual([]);
  const harmless = [
    'undertone.account-seen',
    'undertone.leaving',
    'undertone.notifications-offered',
    'undertone.theme',
  ];
  expect(stored.local.filter((key) => !harmless.includes(key))).toEqual([]);
  expect(stored.cached.filter((path) => path.startsWith('/api') || /rooms|threads/.test(path))).toEqual([]);
  expect(stored.words).not.toContain(one.name);
  expect(stored.words).not.toMatch(/lobby|threads/);
}

async function removeAll(one: Person): Promise<void> {
  await one.page.getByRole('button', { name: 'Sign out' }).click();
  await one.dialog.getByRole('radio', { name: /^Remove/ }).check();
  await one.dialog.getByRole('button', { name: /sign out$/i }).click();
}

const me = (one: Person) => one.page.evaluate(async () => (await fetch('/api/account')).status);

test.describe('signing out and removing everything', () => {
  test('leaves nothing in the storage of the browser', async ({ person }) => {
    const alice = await person('alice');
    await settled(alice, await person('bob'));
    await alice.signOut(false);
    await expectNothingLeft(alice);
    expect(await me(alice)).toBe(401);
    await expect(alice.page.getByRole('alert')).toHaveCount(0);
  });

  for (const state of ['closed', 'failing'] as const) {
    test(`is done at once where the server ${state === 'closed' ? 'cannot be reached' : 'fails'}, says so, and is finished later`, async ({
      person,
      network,
    }) => {
      const alice = await person('alice', { proxy: network.proxy });
      alice.guard.expect(lostConnection);
      alice.guard.expect(/status of 500/);
      await settled(alice, await person('bob'));
      network.set(state);
      await removeAll(alice);
      await expect(notice(alice)).toContainText('may still be signed in');
      await expectNothingLeft(alice, { unfinished: true });
      // A new page finds the same.
      if (state === 'failing') {
        await reloadAfterCut(alice.page);
        await expect(notice(alice)).toContainText('may still be signed in');
        await alice.page.goto('/login');
        await expect(notice(alice)).toContainText('may still be signed in');
        await expectNothingLeft(alice, { unfinished: true });
      }
      network.set('open');
      await expect(notice(alice)).toHaveCount(0, { timeout: 30_000 });
      await expect(alice.page).toHaveURL(/\/login/);
      expect(await me(alice)).toBe(401);
      await expectNothingLeft(alice);
    });
  }

  test('deleting an account removes what is here even if the server fails', async ({ person, network }) => {
    const alice = await person('alice', { proxy: network.proxy });
    alice.guard.expect(lostConnection);
    alice.guard.expect(/status of 500/);
    await settled(alice, await person('bob'));
    await alice.page.getByRole('link', { name: 'Settings' }).click();
    await alice.page.getByRole('button', { name: 'Delete account' }).click();
    network.set('failing');
    await alice.dialog.getByRole('textbox', { name: 'Your username' }).fill(alice.name);
    await alice.dialog.getByRole('textbox', { name: 'Your password' }).fill(password);
    await alice.dialog.getByRole('button', { name: 'Delete account' }).click();
    await expect(alice.dialog).toContainText('may still exist');
    await alice.dialog.getByRole('button', { name: 'Remove messages and sign out' }).click();
    await expect(notice(alice)).toContainText('may still be signed in');
    await expectNothingLeft(alice, { unfinished: true });
  });
});
