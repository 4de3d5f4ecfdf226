import { expect, type Person, password, test } from './support/test.ts';

const next = 'Another-river-43';

async function settings(person: Person): Promise<void> {
  await person.page.getByRole('link', { name: 'Settings' }).click();
  await expect(person.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
}

/** The same account on a second browser; it has no keys, but a session. */
async function secondBrowser(person: (name: string, options: { signUp: false }) => Promise<Person>, of: Person) {
  const other = await person('other', { signUp: false });
  Object.assign(other, { name: of.name });
  await other.page.goto('/login');
  await other.fillSignIn();
  await expect(other.page.getByRole('heading', { name: /no keys/ })).toBeVisible();
  return other;
}

test.describe('sessions', () => {
  test('are listed, and one that is revoked is signed out at once', async ({ person }) => {
    const alice = await person('alice');
    const other = await secondBrowser(person, alice);
    await settings(alice);
    const sessions = alice.page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
    await expect(sessions).toHaveCount(2);
    await expect(sessions.first()).toContainText('This browser');
    await sessions
      .nth(1)
      .getByRole('button', { name: /^Revoke/ })
      .click();
    await expect(sessions).toHaveCount(1);
    await other.page.reload();
    await expect(other.page).toHaveURL(/\/login/);
  });

  test('a revoked session that is open in the chat is closed there and then', async ({ person }) => {
    const alice = await person('alice');
    const other = await secondBrowser(person, alice);
    await other.page.goto('/settings');
    const sessions = other.page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
    await sessions
      .nth(1)
      .getByRole('button', { name: /^Revoke/ })
      .click();
    await expect(alice.page).toHaveURL(/\/login/);
    // Its keys are still there.
    await alice.fillSignIn();
    await alice.arrive();
  });

  test('changing the password asks for the old one, and ends the other sessions', async ({ person }) => {
    const alice = await person('alice');
    const other = await secondBrowser(person, alice);
    await settings(alice);
    const current = alice.page.getByRole('textbox', { name: 'Current password' });
    const chosen = alice.page.getByRole('textbox', { name: 'New password' });
    const change = alice.page.getByRole('button', { name: 'Change password' });

    await current.fill('Wrong-river-42');
    await chosen.fill(next);
    await change.click();
    await expect(current).toHaveAccessibleDescription(/not your current password/);
    await expect(current).toBeFocused();
    await expect(chosen).toHaveValue(next);

    await current.fill(password);
    await chosen.fill('weak');
    await change.click();
    await expect(chosen).toHaveAccessibleDescription(/missing/);

    await chosen.fill(next);
    await change.click();
    await expect(alice.page.getByText('Password changed')).toBeVisible();
    await expect(alice.page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')).toHaveCount(1);

    await other.page.reload();
    await expect(other.page).toHaveURL(/\/login/);
    await other.fillSignIn(password);
    await expect(other.page.getByRole('textbox', { name: 'Password' })).toHaveAccessibleDescription(/not right/);

    // This browser goes on, and the new password works.
    await alice.page.getByRole('link', { name: /Back to the chat/ }).click();
    await alice.arrive();
    await alice.signOut(true);
    await alice.fillSignIn(next);
    await alice.arrive();
  });
});
