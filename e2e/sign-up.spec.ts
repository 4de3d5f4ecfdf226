import type { Locator } from '@playwright/test';
import { expect, type Person, password, test } from './support/test.ts';

const username = (person: Person): Locator => person.page.getByRole('textbox', { name: 'Username' });
const secret = (person: Person): Locator => person.page.getByRole('textbox', { name: 'Password' });
const submit = (person: Person): Locator => person.page.getByRole('button', { name: 'Create account' });

/** What is said at a field: the text of everything that describes it. */
async function expectSaid(field: Locator, words: RegExp): Promise<void> {
  await expect(field).toHaveAccessibleDescription(words);
}

async function visitor(person: (name: string, options: { signUp: false }) => Promise<Person>): Promise<Person> {
  const nobody = await person('visitor', { signUp: false });
  await nobody.page.goto('/signup');
  return nobody;
}

test.describe('the sign-up policy', () => {
  test('the checklist follows every key', async ({ person }) => {
    const nobody = await visitor(person);
    const rules = nobody.page.getByRole('list', { name: 'The password needs' });
    const rule = (name: RegExp) => rules.getByRole('listitem').filter({ hasText: name });
    const steps = [
      ['short', { length: 'missing', capital: 'missing', number: 'missing' }],
      ['longer-one', { length: 'done', capital: 'missing', number: 'missing' }],
      ['Longer-one', { length: 'done', capital: 'done', number: 'missing' }],
      ['Longer-1', { length: 'done', capital: 'done', number: 'done' }],
      ['L1', { length: 'missing', capital: 'done', number: 'done' }],
    ] as const;
    const words = { length: /8/, capital: /capital/, number: /number/ };
    for (const [typed, states] of steps) {
      await secret(nobody).fill(typed);
      for (const [id, state] of Object.entries(states)) {
        await expect(rule(words[id as keyof typeof words]), `${typed}: ${id}`).toContainText(state);
      }
    }
  });

  for (const [rule, weak, words] of [
    ['eight characters', 'Quiet-1', /8 characters/],
    ['a capital letter', 'quiet-river-42', /capital letter/],
    ['a number', 'Quiet-river', /number/],
    ['not a common password', 'Password1', /common password/],
  ] as const) {
    test(`a password without this is refused at its field: ${rule}`, async ({ person }) => {
      const nobody = await visitor(person);
      await username(nobody).fill(nobody.name);
      await secret(nobody).fill(weak);
      await submit(nobody).click();
      await expectSaid(secret(nobody), words);
      await expect(secret(nobody)).toHaveAttribute('aria-invalid', 'true');
      await expect(secret(nobody)).toBeFocused();
      await expect(secret(nobody)).toHaveValue(weak);
      await expect(username(nobody)).toHaveValue(nobody.name);
      await expect(nobody.page).toHaveURL(/\/signup$/);
    });
  }

  test('the server enforces the same rules, and what it refuses is said at the field', async ({ person }) => {
    const nobody = await visitor(person);
    // The page is led to believe that all is well; the server is asked with the weak password.
    await nobody.page.route('**/api/accounts', (route) => {
      const body = route.request().postDataJSON() as Record<string, unknown>;
      return route.continue({ postData: { ...body, password: 'password1' } });
    });
    await nobody.fillSignUp();
    await submit(nobody).click();
    await expectSaid(secret(nobody), /capital letter/);
    await expect(secret(nobody)).toBeFocused();
    await expect(secret(nobody)).toHaveValue(password);
    await expect(username(nobody)).toHaveValue(nobody.name);
  });

  test('a taken name is said while typing, in any case of letters and for look-alikes', async ({ person }) => {
    const alice = await person('alice');
    const nobody = await visitor(person);
    const lookAlike = alice.name.replace('l', 'I');
    for (const taken of [alice.name, alice.name.toUpperCase(), lookAlike]) {
      await username(nobody).fill(taken);
      await expectSaid(username(nobody), /taken/);
      await expect(username(nobody)).toHaveAttribute('aria-invalid', 'true');
    }
    await username(nobody).fill(nobody.name);
    await expectSaid(username(nobody), /is free/);
  });

  test('a name taken between checking and sending is said at the field; nothing typed is lost', async ({ person }) => {
    const alice = await person('alice');
    const nobody = await visitor(person);
    await nobody.page.route('**/api/accounts', (route) => {
      const body = route.request().postDataJSON() as Record<string, unknown>;
      return route.continue({ postData: { ...body, username: alice.name } });
    });
    await nobody.fillSignUp();
    await nobody.page.getByRole('textbox', { name: 'Display name' }).fill('Visitor of the day');
    await submit(nobody).click();
    await expectSaid(username(nobody), /taken/);
    await expect(username(nobody)).toBeFocused();
    await expect(secret(nobody)).toHaveValue(password);
    await expect(nobody.page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Visitor of the day');
  });

  test('a name of mixed scripts or with strange characters is refused with the reason', async ({ person }) => {
    const nobody = await visitor(person);
    for (const [name, words] of [
      ['раypal', /script|alphabet/i],
      ['a b', /letters|space/i],
      ['<b>bold</b>', /letters/i],
    ] as const) {
      await username(nobody).fill(name);
      await username(nobody).blur();
      await expectSaid(username(nobody), words);
    }
  });

  test('without a connection it says so, keeps what was typed, and works when tried again', async ({ person }) => {
    const nobody = await visitor(person);
    await nobody.fillSignUp();
    nobody.guard.expect(/ERR_FAILED/);
    await nobody.page.route('**/api/accounts', (route) => route.abort());
    await submit(nobody).click();
    await expect(nobody.page.getByRole('alert')).toContainText(/reach|connection/i);
    await expect(secret(nobody)).toHaveValue(password);
    await nobody.page.unroute('**/api/accounts');
    await submit(nobody).click();
    await nobody.arrive();
  });

  test('a display name and a picture are what others see', async ({ person }) => {
    const alice = await person('alice');
    const bob = await visitor(person);
    await bob.fillSignUp();
    await bob.page.getByRole('textbox', { name: 'Display name' }).fill('Bob the Builder');
    await bob.page.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png });
    await bob.dialog.getByRole('button', { name: 'Use this picture' }).click();
    await expect(bob.page.getByRole('button', { name: 'Remove picture' })).toBeVisible();
    await submit(bob).click();
    await bob.arrive();
    await bob.say('Can we fix it?');
    await expect(alice.message('Can we fix it?')).toContainText('Bob the Builder');
    await expect(alice.people.getByRole('button', { name: /Bob the Builder/ })).toBeVisible();
    await expect(alice.message('Can we fix it?').locator('img')).toBeVisible();
  });
});

test.describe('a server that is closed', () => {
  test.use({ serverOptions: { registration: 'closed' } });

  test('says so before anything is typed, and the server refuses all the same', async ({ person }) => {
    const nobody = await visitor(person);
    await expect(nobody.page.getByRole('status')).toContainText('does not take new accounts');
    await expect(nobody.page.getByRole('main').getByRole('link', { name: 'Sign in' }).first()).toBeVisible();

    // A page that believes the server to be open is told when it tries.
    await nobody.page.route('**/api/config', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), registration: 'open' } });
    });
    await nobody.page.reload();
    await nobody.fillSignUp();
    await submit(nobody).click();
    await expect(nobody.page.getByRole('main')).toContainText('does not take new accounts');
    await expect(nobody.page).toHaveURL(/\/signup$/);
  });
});

test.describe('a server by invitation', () => {
  test.use({ serverOptions: { registration: 'invite' } });

  test('takes a link once; others are told at the field', async ({ person, server }) => {
    const invited = await person('invited', { signUp: false });
    await invited.page.goto(server.inviteLink);
    await invited.fillSignUp();
    await submit(invited).click();
    await invited.arrive();

    const late = await person('late', { signUp: false });
    await late.page.goto(server.inviteLink);
    const code = late.page.getByRole('textbox', { name: 'Invite code' });
    await late.fillSignUp();
    await submit(late).click();
    await expectSaid(code, /not valid/);
    await expect(code).toBeFocused();

    // A member makes a new one.
    await invited.page.getByRole('link', { name: 'Settings' }).click();
    await invited.page.getByRole('button', { name: 'Create an invite link' }).click();
    const link = await invited.page.getByRole('textbox', { name: 'Invite link' }).inputValue();
    await code.fill(new URL(link).searchParams.get('invite') ?? '');
    await submit(late).click();
    await late.arrive();
  });
});

/** One grey pixel, 64 times enlarged by its header: enough of a picture. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAH0lEQVR4nO3BAQEAAACCIP+vbkhAAQAAAAAAAAAA8GYgQAABiuKfzwAAAABJRU5ErkJggg==',
  'base64',
);
