import { expect, test } from './support/test.ts';

test.describe('signing in and out', () => {
  test('a wrong password and an unknown name get the same sentence, at the field, and nothing is lost', async ({
    person,
  }) => {
    const alice = await person('alice');
    const browser = await person('elsewhere', { signUp: false });
    const secret = browser.page.getByRole('textbox', { name: 'Password' });
    for (const name of [alice.name, 'nobody-of-that-name']) {
      await browser.page.goto('/login');
      await browser.page.getByRole('textbox', { name: 'Username' }).fill(name);
      await secret.fill('Wrong-river-42');
      await browser.page.getByRole('button', { name: 'Sign in' }).click();
      await expect(secret).toHaveAccessibleDescription(/Username or password is not right/);
      await expect(secret).toBeFocused();
      await expect(secret).toHaveValue('Wrong-river-42');
      await expect(browser.page.getByRole('textbox', { name: 'Username' })).toHaveValue(name);
    }
  });

  test('signed out with the keys kept, one signs in again and goes on where one was', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('Before I go');
    await alice.signOut(true);
    await expect(alice.composer).toHaveCount(0);

    // What is said meanwhile arrives after.
    await bob.openThread(alice.name);
    await bob.reads('Before I go');
    await bob.say('While you are away');

    await alice.fillSignIn();
    await alice.arrive();
    await alice.openThread(bob.name);
    await alice.reads('Before I go');
    await alice.reads('While you are away');
    await alice.say('Back again');
    await bob.reads('Back again');
  });

  test('signed out with the keys removed, nothing stays; signing in says so and offers to start anew', async ({
    person,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('A sealed word');
    await alice.signOut(false);
    const databases = await alice.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    expect(databases.filter((name) => name?.includes('vault'))).toEqual([]);

    await alice.fillSignIn();
    await expect(alice.page.getByRole('heading', { name: /no keys/ })).toBeVisible();
    await expect(alice.composer).toHaveCount(0);

    await alice.page.getByRole('button', { name: 'Start anew on this browser' }).click();
    const anew = alice.dialog.getByRole('button', { name: 'Start anew' });
    await expect(anew).toBeDisabled();
    await alice.dialog.getByRole('checkbox', { name: /cannot be undone/ }).check();
    await anew.click();
    await alice.arrive();
    await alice.openRoom('Lobby');
    await alice.say('Hello again, with new keys');
    await bob.openRoom('Lobby');
    await bob.reads('Hello again, with new keys');
    // The thread is still there; what was said in it is not.
    await alice.openThread(bob.name);
    await expect(alice.log).toContainText(/can’t be read on this browser/);
    await expect(alice.message('A sealed word')).toHaveCount(0);
  });

  test('another browser without the keys says so plainly, and can sign out again', async ({ person }) => {
    const alice = await person('alice');
    const other = await person('other', { signUp: false });
    Object.assign(other, { name: alice.name });
    await other.page.goto('/login');
    await other.fillSignIn();
    await expect(other.page.getByRole('heading', { name: /no keys/ })).toBeVisible();
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await expect(other.page).toHaveURL(/\/login/);
    // The first browser is not disturbed.
    await alice.say('Still here');
  });

  test('started anew elsewhere: the old browser says that its keys no longer count', async ({ person }) => {
    const alice = await person('alice');
    const other = await person('other', { signUp: false });
    Object.assign(other, { name: alice.name });
    await other.page.goto('/login');
    await other.fillSignIn();
    await other.startAnew();
    await expect(alice.page.getByRole('heading', { name: /started anew on another browser/ })).toBeVisible();
    await expect(alice.composer).toHaveCount(0);
    await other.say('From the new browser');
  });

  test('a page that needs one to be signed in leads to signing in, and back', async ({ person }) => {
    const alice = await person('alice');
    await alice.signOut(true);
    await alice.page.goto('/settings');
    await expect(alice.page).toHaveURL(/\/login/);
    await alice.fillSignIn();
    await expect(alice.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  });

  test('and so does signing up', async ({ person }) => {
    const alice = await person('alice', { signUp: false });
    await alice.page.goto('/login?next=/settings');
    await alice.page.getByRole('link', { name: 'Create an account' }).click();
    await expect(alice.page.getByRole('heading', { name: 'Create an account' })).toBeVisible();
    await alice.fillSignUp();
    await alice.page.getByRole('button', { name: 'Create account' }).click();
    await expect(alice.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  });
});
