import { expect, type Person, test } from './support/test.ts';

const box = (one: Person, name: string) => one.page.getByRole('switch', { name, exact: true });

async function openSettings(one: Person): Promise<void> {
  await one.page.goto('/settings');
  await expect(box(one, 'Read receipts')).toBeVisible({ timeout: 20_000 });
}

test('choices of privacy hold over a reload, and are kept', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await openSettings(alice);
  for (const name of ['Read receipts', 'Show when I am typing', 'Remove location data from pictures']) {
    await expect(box(alice, name)).toBeChecked();
    await box(alice, name).click();
    await expect(box(alice, name)).not.toBeChecked();
  }
  await openSettings(alice);
  for (const name of ['Read receipts', 'Show when I am typing', 'Remove location data from pictures']) {
    await expect(box(alice, name)).not.toBeChecked();
  }
  await alice.page.getByRole('link', { name: 'Back to the chat' }).click();
  await alice.startThread(bob);
  await alice.say('P1 do you see this?');
  await bob.openThread(alice.name);
  await bob.reads('P1');
  // Neither side learns that it was read, or that someone types.
  await alice.composer.pressSequentially('half a wo');
  await bob.say('P2 yes');
  await alice.reads('P2');
  await expect(bob.message('P2')).toContainText('Delivered');
  await expect(bob.page.getByText('is typing')).toHaveCount(0);
});

test('the theme is the one chosen, from the first paint', async ({ person }) => {
  const alice = await person('alice');
  await openSettings(alice);
  const background = () => alice.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await alice.page.getByRole('radio', { name: 'Dark' }).check();
  expect(await background()).not.toBe(light);
  await alice.page.reload();
  await expect(alice.page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  expect(await background()).not.toBe(light);
});

test('says what files take, and leads to each section', async ({ person }) => {
  const alice = await person('alice');
  await openSettings(alice);
  await expect(alice.page.getByText('Your files on the server')).toBeVisible();
  await expect(alice.page.getByText(/^\d+(\.\d)? (bytes|KB|MB) of \d/).first()).toBeVisible();
  const contents = alice.page.getByRole('navigation', { name: 'Settings' });
  await contents.getByRole('link', { name: 'Files and storage' }).click();
  await expect(alice.page.getByRole('heading', { name: 'Files and storage' })).toBeInViewport();
  await expect(alice.page).toHaveURL(/\/settings#storage$/);
});
