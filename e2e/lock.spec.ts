import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { Guard } from './support/guard.ts';
import { storedBy } from './support/storage.ts';
import { expect, Person, test } from './support/test.ts';

const passphrase = 'four quiet rivers meet';
const title = (one: Person) => one.page.getByRole('heading', { name: 'Undertone is locked' });

async function turnOn(one: Person): Promise<void> {
  await one.page.goto('/settings#lock');
  await one.page.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(passphrase);
  await one.page.getByRole('textbox', { name: 'Repeat passphrase' }).fill(passphrase);
  await one.page.getByRole('radio', { name: '15 minutes' }).check();
  await one.page.getByRole('button', { name: 'Turn on app lock' }).click();
  await expect(one.page.getByText('App lock is on.')).toBeVisible({ timeout: 30_000 });
}

async function unlock(one: Person, words = passphrase): Promise<void> {
  await one.page.getByRole('textbox', { name: 'Passphrase' }).fill(words);
  await one.page.getByRole('button', { name: 'Unlock' }).click();
}

test('a lock asks for the passphrase at every start, and what was said is there behind it', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.startThread(bob);
  await alice.say('Before the lock');
  await turnOn(alice);
  await expect(alice.page.getByRole('radio', { name: '15 minutes' })).toBeChecked();
  // The page is there all the same: it is locked where one is.
  await alice.page.getByRole('button', { name: 'Lock now' }).click();
  await expect(title(alice)).toBeVisible();
  await expect(alice.page.getByText(`@${alice.name}`)).toBeVisible();
  await alice.page.goto('/');
  await expect(title(alice)).toBeVisible();
  expect(await alice.page.title()).toBe('Undertone is locked · Undertone');

  await unlock(alice, 'four quiet rivers');
  await expect(alice.page.getByRole('textbox', { name: 'Passphrase' })).toHaveAccessibleDescription(/isn’t right/);
  const started = Date.now();
  await unlock(alice);
  await alice.arrive();
  test.info().annotations.push({ type: 'unlocked after', description: `${Date.now() - started} ms` });
  await alice.openThread(bob.name);
  await alice.reads('Before the lock');
  await alice.say('After it');
  await bob.openThread(/alice/);
  await bob.reads('After it');

  const { words, local } = await storedBy(alice.page);
  expect(words).not.toContain(passphrase);
  expect(local.join()).not.toContain('lock');
});

test('the page and its frames go on while the passphrase is worked on, under the policy of the site', async ({
  person,
}) => {
  const alice = await person('alice');
  await turnOn(alice);
  await alice.page.goto('/');
  await expect(title(alice)).toBeVisible();
  await alice.page.getByRole('textbox', { name: 'Passphrase' }).fill(passphrase);
  const frames = alice.page.evaluate(async () => {
    let drawn = 0;
    const isOver = () => document.querySelector('[name="passphrase"]') === null;
    for (; !isOver(); drawn++) await new Promise(requestAnimationFrame);
    return drawn;
  });
  await alice.page.getByRole('button', { name: 'Unlock' }).click();
  await alice.arrive();
  // A page that did the work itself would draw one frame, or two.
  expect(await frames).toBeGreaterThan(10);
});

test('all tabs are locked together, and stay open together when the one that does the work is closed', async ({
  person,
}) => {
  const alice = await person('alice');
  await turnOn(alice);
  const first = alice.page;
  await first.goto('/');
  await unlock(alice);
  await alice.arrive();
  const second = await alice.newTab();
  await second.getByRole('button', { name: 'Lock now' }).click();
  await expect(title(alice)).toBeVisible();
  await expect(first.getByRole('heading', { name: 'Undertone is locked' })).toBeVisible();
  await expect(first.getByRole('textbox', { name: 'Message', exact: true })).toHaveCount(0);
  await unlock(alice);
  await alice.arrive();
  await expect(first.getByRole('textbox', { name: 'Message', exact: true })).toBeVisible();

  await first.close();
  await alice.online();
  await alice.say('From the tab that is left');
  // With the last tab the key is gone.
  await second.reload();
  await expect(title(alice)).toBeVisible();
});

test('the passphrase is changed, and taken off', async ({ person }) => {
  const alice = await person('alice');
  await alice.say('Still here');
  await turnOn(alice);
  await alice.page.getByRole('button', { name: 'Change passphrase' }).click();
  await alice.dialog.getByRole('textbox', { name: 'Current passphrase' }).fill('wrong');
  await alice.dialog.getByRole('textbox', { name: 'New passphrase' }).fill('another set of words');
  await alice.dialog.getByRole('textbox', { name: 'Repeat passphrase' }).fill('another set of words');
  await alice.dialog.getByRole('button', { name: 'Change passphrase' }).click();
  await expect(alice.dialog.getByRole('textbox', { name: 'Current passphrase' })).toHaveAccessibleDescription(
    /isn’t right/,
  );
  await alice.dialog.getByRole('textbox', { name: 'Current passphrase' }).fill(passphrase);
  await alice.dialog.getByRole('button', { name: 'Change passphrase' }).click();
  await expect(alice.page.getByText('Passphrase changed.')).toBeVisible({ timeout: 30_000 });
  await alice.page.reload();
  await unlock(alice);
  await expect(alice.page.getByRole('textbox', { name: 'Passphrase' })).toHaveAccessibleDescription(/isn’t right/);
  await unlock(alice, 'another set of words');
  await alice.page.getByRole('button', { name: 'Turn off' }).click();
  await alice.dialog.getByRole('textbox', { name: 'Current passphrase' }).fill('another set of words');
  await alice.dialog.getByRole('button', { name: 'Turn off' }).click();
  await expect(alice.page.getByText('App lock is off.')).toBeVisible({ timeout: 30_000 });
  await alice.page.goto('/');
  await alice.arrive();
  await alice.reads('Still here');
});

test('who forgot it removes everything and can sign in again', async ({ person }) => {
  const alice = await person('alice');
  await turnOn(alice);
  await alice.page.goto('/');
  await alice.page.getByRole('button', { name: 'Forgot passphrase?' }).click();
  await alice.dialog.getByRole('button', { name: 'Sign out and remove messages' }).click();
  await expect(alice.page).toHaveURL(/\/login/);
  expect((await storedBy(alice.page)).databases).toEqual([]);
  await alice.fillSignIn();
  await alice.startAnew();
});

async function filesOf(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ldb|log)$/.test(entry.name));
  // A file may go while one looks: what is in it then is in another.
  const read = files.map((file) => readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0)));
  return Buffer.concat(await Promise.all(read));
}

/** The bytes of every record that lies in a vault now, in hexadecimal. */
async function recordsOf(one: Person): Promise<string[]> {
  return await one.page.evaluate(async () => {
    const found: string[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('undertone-vault-')) continue;
      const db = await new Promise<IDBDatabase>((resolve) => {
        const open = indexedDB.open(name);
        open.onsuccess = () => resolve(open.result);
      });
      for (const store of db.objectStoreNames) {
        const get = db.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => {
          get.onsuccess = resolve;
        });
        for (const value of get.result) {
          if (!(value instanceof Uint8Array) || value.length > 2_000) continue;
          found.push(Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(''));
        }
      }
      db.close();
    }
    return found;
  });
}

test('what was there before the lock is no longer in the files of the browser', async ({
  server,
  contextOptions,
}, info) => {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-profile-'));
  const { launchOptions } = info.project.use;
  const context = await chromium.launchPersistentContext(folder, {
    ...contextOptions,
    ...launchOptions,
    baseURL: server.origin,
  });
  try {
    const guard = new Guard(context, server.origin, 'alice');
    const alice = new Person('alicedisk', context, context.pages()[0] ?? (await context.newPage()), guard);
    await alice.signUp();
    await alice.say('Before the lock');
    // A page that is still starting its work writes on.
    await alice.page.goto('/settings#lock');
    await expect(alice.page.getByRole('button', { name: 'Turn on app lock' })).toBeVisible();
    const before = await recordsOf(alice);
    const count = async (records: readonly string[]) => {
      const bytes = await filesOf(folder);
      return records.filter((record) => bytes.includes(Buffer.from(record, 'hex'))).length;
    };
    expect(before.length).toBeGreaterThan(100);
    expect(await count(before)).toBeGreaterThan(before.length * 0.9);
    await turnOn(alice);
    const after = await recordsOf(alice);
    expect(await count(after)).toBeGreaterThan(after.length * 0.9);
    await expect.poll(() => count(before), { timeout: 20_000 }).toBe(0);
    expect(guard.problems).toEqual([]);
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  }
});
