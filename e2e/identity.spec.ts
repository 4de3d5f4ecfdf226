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
    await expect(alice.dialog).toContainText(`You marked ${bob.name} as verified.`);
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
    const banner = alice.page.getByRole('alert').filter({ hasText: 'safety number changed' });
    await expect(banner).toBeVisible();
    await alice.composer.fill('Can I trust you?');
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveAccessibleDescription(/safety number changed/);
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

  test('a number that changes while it is looked at is not marked: the new one is shown, and marked by itself', async ({
    person,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const before = await digits(alice, bob);
    await expect(alice.dialog.getByRole('button', { name: 'Mark as verified' })).toBeVisible();

    const anew = await startAnewElsewhere(person, bob);
    await expect(alice.dialog.getByRole('alert')).toContainText('This safety number just changed');
    await expect(alice.dialog.getByRole('button', { name: 'Mark as verified' })).toHaveCount(0);
    await alice.dialog.getByRole('button', { name: 'Compare the new number' }).click();
    const number = alice.dialog.getByRole('list', { name: /Safety number/ });
    const after = (await number.getByRole('listitem').allInnerTexts()).join('');
    expect(after).not.toBe(before);
    expect(await digits(anew, alice)).toBe(after);
    await alice.dialog.getByRole('button', { name: 'Mark as verified' }).click();
    await expect(alice.dialog).toContainText(`You marked ${bob.name} as verified.`);
    await alice.page.keyboard.press('Escape');
    await expect(alice.people.getByRole('button', { name: bob.name })).toHaveAccessibleName(/Verified/);
  });

  test('outside of a chat a new identity is accepted before a thread can be started', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    // An identity that was met once is one that can change.
    await digits(alice, bob);
    await alice.dialog.getByRole('button', { name: 'Close' }).click();
    await startAnewElsewhere(person, bob);
    await expect(alice.people.getByRole('button', { name: bob.name })).toContainText('changed');

    await alice.page.getByRole('button', { name: 'New thread' }).click();
    await alice.dialog.getByRole('textbox', { name: 'Find people' }).fill(bob.name);
    await alice.dialog.getByRole('checkbox', { name: bob.name }).check();
    await alice.dialog.getByRole('button', { name: 'Start thread' }).click();
    const notice = alice.dialog.getByRole('alert');
    await expect(notice).toContainText('A safety number changed');
    await notice.getByRole('button', { name: `Safety number of ${bob.name}` }).click();
    await alice.dialog.getByRole('button', { name: 'Accept for new chats' }).click();
    await expect(alice.dialog.getByRole('button', { name: 'Accept for new chats' })).toHaveCount(0);
    await alice.dialog.getByRole('button', { name: 'Start a thread' }).click();
    await expect(alice.page).toHaveURL(/\/threads\//);
  });

  test('who has another identity is removed from a thread; everyone sees who did it, and the thread goes on', async ({
    person,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const carol = await person('carol');
    await alice.startThread(bob, carol);
    await alice.say('Before the change');
    await carol.openThread(/alice/);
    await carol.reads('Before the change');

    const anew = await startAnewElsewhere(person, bob);
    const banner = alice.page.getByRole('alert').filter({ hasText: 'safety number changed' });
    await banner.getByRole('button', { name: `Remove ${bob.name} from this chat` }).click();
    await expect(alice.dialog).toContainText(`${bob.name} won’t get new messages.`);
    await alice.dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(alice.dialog).toHaveCount(0);
    await expect(banner).toHaveCount(0);
    await expect(alice.people.getByRole('listitem')).toHaveCount(2);
    await expect(alice.log).toContainText(`You removed ${bob.name}`);
    await expect(carol.log).toContainText(`${alice.name} removed ${bob.name}`);
    await alice.say('Just the two of us');
    await carol.reads('Just the two of us');
    await expect(anew.page.getByText('Just the two of us')).toHaveCount(0);
  });

  test('any member of a thread can be removed from the list of people', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const carol = await person('carol');
    await alice.startThread(bob, carol);
    await alice.say('All three');
    await carol.openThread(/alice/);
    await carol.reads('All three');
    await alice.people.getByRole('button', { name: bob.name }).click();
    await alice.dialog.getByRole('button', { name: 'Remove from chat' }).click();
    await expect(alice.dialog).toContainText('Everyone sees that you removed them.');
    await alice.dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(carol.log).toContainText(`${alice.name} removed ${bob.name}`);
    // Not oneself: one leaves.
    await carol.people.getByRole('button', { name: carol.name }).click();
    await expect(carol.dialog).toContainText('This is you');
    await expect(carol.dialog.getByRole('button', { name: 'Remove from chat' })).toHaveCount(0);
  });
});

test.describe('names', () => {
  async function signUpAs(
    person: (name: string, options: { signUp: false }) => Promise<Person>,
    name: string,
    displayName: string,
  ): Promise<Person> {
    const one = await person(name, { signUp: false });
    await one.page.goto('/signup');
    await one.fillSignUp();
    await one.page.getByRole('textbox', { name: 'Display name' }).fill(displayName);
    await one.page.getByRole('button', { name: 'Create account' }).click();
    await one.arrive();
    return one;
  }

  test('that look alike have the username with them', async ({ person }) => {
    const alice = await person('alice');
    const robin = await signUpAs(person, 'robin', 'Robin Hood');
    await robin.say('Oak: the first of that name');
    await alice.reads('Oak');
    await expect(alice.message('Oak')).not.toContainText(`@${robin.name}`);
    // With a Cyrillic letter.
    const mallory = await signUpAs(person, 'mallory', 'R\u043ebin Hood');
    await mallory.say('Elm: the second');
    await alice.reads('Elm');
    await expect(alice.message('Oak')).toContainText(`@${robin.name}`);
    await expect(alice.message('Elm')).toContainText(`@${mallory.name}`);
    await alice.composer.fill('@R');
    for (const { name } of [robin, mallory])
      await expect(alice.page.getByRole('option', { name: new RegExp(`@${name}`) })).toHaveCount(1);
  });

  test('a public room says who can come, and of each person since when they are in', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await expect(alice.page.getByRole('complementary', { name: /People/ })).toContainText(
      'including the people who run it',
    );
    await alice.people.getByRole('button', { name: bob.name }).click();
    await expect(alice.dialog).toContainText(/Joined #lobby on \d+ \w+ \d{4}/i);
  });
});
