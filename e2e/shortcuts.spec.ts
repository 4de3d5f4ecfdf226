import { expect, test } from './support/test.ts';

test.describe('the quick switcher', () => {
  test('opens a room, and a thread with someone found by name', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.composer.press('Control+k');
    const field = alice.dialog.getByRole('combobox', { name: 'Go to' });
    await expect(field).toBeFocused();
    await field.fill(bob.name);
    await expect(alice.dialog.getByRole('option').first()).toContainText(bob.name);
    await field.press('Enter');
    await expect(alice.page).toHaveURL(/\/threads\//);
    await expect(alice.dialog).toHaveCount(0);

    // The thread with someone stands for them.
    await alice.page.keyboard.press('Control+k');
    await field.fill(bob.name);
    await expect(alice.dialog.getByRole('option')).toHaveCount(1);
    await field.press('Escape');
    await expect(alice.dialog).toHaveCount(0);

    await alice.page.keyboard.press('Control+k');
    await field.fill('lob');
    await expect(alice.dialog.getByRole('option').first()).toContainText(/lobby/i);
    await field.press('Enter');
    await expect(alice.page).toHaveURL(/\/rooms\/lobby/);
    await expect(alice.dialog).toHaveCount(0);

    await alice.page.keyboard.press('Control+k');
    await field.fill('qqqqqq');
    await expect(alice.dialog.getByRole('status')).toContainText('Nothing by that name.');
    await field.press('Escape');
    await expect(alice.dialog).toHaveCount(0);
  });
});

test.describe('shortcuts', () => {
  test('are listed on their sheet, from anywhere', async ({ person }) => {
    const alice = await person('alice');
    await alice.composer.press('Control+/');
    await expect(alice.dialog.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
    await expect(alice.dialog.getByRole('row', { name: /Next room or thread/ })).toContainText('Alt');
    await alice.page.keyboard.press('Escape');
    await expect(alice.dialog).toHaveCount(0);
    // In a text field a sign is a sign.
    await alice.composer.fill('');
    await alice.composer.press('?');
    await expect(alice.composer).toHaveValue('?');
    await alice.composer.fill('');
    await alice.log.focus();
    await alice.page.keyboard.press('?');
    await expect(alice.dialog.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
    await alice.page.keyboard.press('Escape');
    await expect(alice.dialog).toHaveCount(0);
    await alice.log.focus();
    await alice.page.keyboard.press('/');
    await expect(alice.page.getByRole('searchbox', { name: 'Search', exact: true })).toBeFocused();
  });

  test('lead from room to room', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.composer.press('Alt+ArrowUp');
    await expect(alice.page).toHaveURL(/\/rooms\/lobby/);
    await alice.composer.press('Alt+ArrowDown');
    await expect(alice.page).toHaveURL(/\/threads\//);
  });
});
