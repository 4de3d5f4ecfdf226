import { expect, type Person, test } from './support/test.ts';

const row = (of: Person, who: Person, state: 'online' | 'away' | 'offline') =>
  of.people.getByRole('button', { name: new RegExp(`${who.name}.*, ${state}$`) });

/** The heading under which people of one presence stand, with how many they are. */
const heading = (of: Person, words: RegExp) => of.people.getByText(words);

async function setVisibility(one: Person, choice: 'Everyone' | 'Nobody'): Promise<void> {
  await one.page.getByRole('link', { name: 'Settings' }).click();
  const radio = one.page.getByRole('group', { name: 'Show when I am online' }).getByRole('radio', { name: choice });
  const saved = one.page.waitForResponse(
    (answer) => answer.url().endsWith('/api/account') && answer.request().method() === 'PATCH',
  );
  await radio.check();
  expect((await saved).ok()).toBe(true);
  await one.page.getByRole('link', { name: 'Back to the chat' }).click();
  await one.arrive();
}

test('people stand under online and offline, and a thread of two says when the other was last here', async ({
  person,
}) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await expect(row(alice, bob, 'online')).toBeVisible();
  await expect(heading(alice, /^Online \d+$/)).toBeVisible();
  await alice.startThread(bob);
  const header = alice.page.locator('#conversation header');
  await expect(header).toContainText('Online');

  await bob.page.goto('about:blank');
  await expect(row(alice, bob, 'offline')).toBeVisible({ timeout: 30_000 });
  await expect(heading(alice, /^Offline 1$/)).toBeVisible();
  await expect(header).toContainText('Last seen just now');
  await row(alice, bob, 'offline').click();
  await expect(alice.dialog).toContainText('Last seen just now');
});

/** Makes the core wait twelve seconds instead of five minutes: longer than input is told late. */
const sooner = `{
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (call, ms, ...rest) => wait(call, ms === 300_000 ? 12_000 : ms, ...rest);
}
`;

test('a browser that nobody touches is away, until someone does', async ({ person, network }) => {
  network.prepend(/\/worker-[^/]*\.js$/, sooner);
  const alice = await person('alice');
  const bob = await person('bob', { proxy: network.proxy });
  await expect(row(alice, bob, 'online')).toBeVisible();
  await expect(row(alice, bob, 'away')).toBeVisible({ timeout: 20_000 });
  await expect(heading(alice, /^Away 1$/)).toBeVisible();
  await bob.composer.press('Shift');
  await expect(row(alice, bob, 'online')).toBeVisible();
});

test('who chose to hide is offline for everyone, without a time, until they show themselves', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.startThread(bob);
  await expect(row(alice, bob, 'online')).toBeVisible();
  await setVisibility(bob, 'Nobody');
  await expect(row(alice, bob, 'offline')).toBeVisible();
  const header = alice.page.locator('#conversation header');
  await expect(header).toContainText('Offline');
  await expect(header).not.toContainText('Last seen');

  await alice.page.reload();
  await alice.arrive();
  await expect(row(alice, bob, 'offline')).toBeVisible();
  await setVisibility(bob, 'Everyone');
  await expect(row(alice, bob, 'online')).toBeVisible();
});

test('everyone who is here on the server is in one list', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await expect(row(alice, bob, 'online')).toBeVisible();
  await alice.page
    .getByRole('complementary', { name: 'Rooms, threads and you' })
    .getByRole('button', { name: /^Active now on this server/ })
    .click();
  const list = alice.dialog.getByRole('list', { name: 'Active now' });
  await expect(list.getByRole('button', { name: new RegExp(`${alice.name}.*you`) })).toBeVisible();
  await list.getByRole('button', { name: new RegExp(bob.name) }).click();
  await expect(alice.dialog.getByRole('heading', { name: bob.name })).toBeVisible();
});
