import { expect, type Person, test } from './support/test.ts';

async function digits(one: Person, of: Person): Promise<string> {
  await one.people.getByRole('button', { name: of.name }).click();
  const number = one.dialog.getByRole('list', { name: /Safety number/ });
  await expect(number).toBeVisible();
  return (await number.getByRole('listitem').allInnerTexts()).join('');
}

/** `who` starts anew on another browser. */
async function startAnewElsewhere(
  person: (name: string, options: { signUp: false }) => Promise<Person>,
  who: Person,
): Promise<Person> {
  const anew = await person('anew', { signUp: false });
  Object.assign(anew, { name: who.name });
  await anew.page.goto('/login');
  await anew.fillSignIn();
  await anew.startAnew();
  return anew;
}

test.describe('identities', () => {
  test('two people see the same sixty digits, and can mark each other as verified', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const seen = await digits(alice, bob);
    expect(seen).toMatch(/^\d{60}$/);
    expect(await digits(bob, alice)).toBe(seen);
    await alice.dialog.getByRole('button', { name: 'Mark as verified' }).click();
    await expect(alice.dialog).toContainText(/verified/);
    await alice.page.keyboard.press('Escape');
    await expect(alice.people.getByRole('button', { name: bob.name })).toHaveAccessibleName(/Verified/);
  });

  test('a changed identity is shown loudly, nothing is sent until one has looked, then the thread goes on', async ({
    person,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('Before the change');
    await bob.openThread(alice.name);
    await bob.reads('Before the change');

    const anew = await startAnewElsewhere(person, bob);
    const banner = alice.page.getByRole('alert').filter({ hasText: 'has a new identity' });
    await expect(banner).toBeVisible();
    await alice.composer.fill('Can I trust you?');
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveAccessibleDescription(/new identity/);
    await expect(alice.message('Can I trust you?')).toHaveCount(0);
    await expect(alice.composer).toHaveValue('Can I trust you?');

    // The number is another one, and equal on both sides again.
    await banner.getByRole('button', { name: 'Compare safety number' }).click();
    const number = alice.dialog.getByRole('list', { name: /Safety number/ });
    await expect(number).toBeVisible();
    const seen = (await number.getByRole('listitem').allInnerTexts()).join('');
    await alice.dialog.getByRole('button', { name: 'Close' }).click();
    await anew.openThread(alice.name);
    expect(await digits(anew, alice)).toBe(seen);
    await anew.dialog.getByRole('button', { name: 'Close' }).click();

    await banner.getByRole('button', { name: 'Continue anyway' }).click();
    await expect(banner).toHaveCount(0);
    await alice.composer.press('Enter');
    await anew.reads('Can I trust you?');
    await anew.say('You can');
    await alice.reads('You can');
    await expect(anew.message('Before the change')).toHaveCount(0);
  });
});
