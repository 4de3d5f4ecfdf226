import { expect, Person, test } from './support/test.ts';

/** Two tabs of one browser: the first holds keys and connection. */
async function twoTabs(alice: Person, path: string): Promise<[first: Person, second: Person]> {
  const page = await alice.context.newPage();
  await page.goto(path);
  const second = new Person(alice.name, alice.context, page, alice.guard);
  await second.arrive();
  return [alice, second];
}

test.describe('two tabs of one browser', () => {
  test('both show what comes and what either writes', async ({ person }) => {
    const bob = await person('bob');
    const [first, second] = await twoTabs(await person('alice'), '/rooms/lobby');
    await bob.say('For both tabs');
    await first.say('From the first tab');
    await second.say('From the second tab');
    for (const one of [first, second, bob]) {
      await one.reads('For both tabs');
      await one.reads('From the first tab');
      await one.reads('From the second tab');
    }
  });

  test('the second goes on when the first, which held the keys, is closed', async ({ person }) => {
    const bob = await person('bob');
    const [first, second] = await twoTabs(await person('alice'), '/rooms/lobby');
    await first.say('Before the first is closed');
    await first.page.close();
    await second.say('After the first was closed');
    await bob.reads('After the first was closed');
    await bob.say('I can hear you');
    await second.reads('I can hear you');
    await second.reads('Before the first is closed');
    await second.online();
  });

  test('the first is closed while the second is writing: nothing lost, nothing twice', async ({ person }) => {
    const bob = await person('bob');
    const [first, second] = await twoTabs(await person('alice'), '/rooms/lobby');
    const words = Array.from({ length: 6 }, (_, i) => `handover-${i}`);
    for (const [i, word] of words.entries()) {
      if (i === 3) await first.page.close();
      await second.write(word);
    }
    for (const one of [second, bob]) {
      await expect.poll(() => one.shown(/handover-\d/g), { timeout: 20_000 }).toEqual(words);
    }
  });

  test('both write at once: everything is there once', async ({ person }) => {
    const bob = await person('bob');
    const [first, second] = await twoTabs(await person('alice'), '/rooms/lobby');
    const numbers = [0, 1, 2, 3, 4];
    await Promise.all(
      [first, second].map(async (tab, t) => {
        for (const n of numbers) await tab.write(`race-${t}-${n}`);
      }),
    );
    const all = [0, 1].flatMap((t) => numbers.map((n) => `race-${t}-${n}`));
    for (const one of [first, second, bob]) {
      await expect.poll(async () => (await one.shown(/race-\d-\d/g)).sort()).toEqual(all);
    }
    const orders = await Promise.all([first, second, bob].map((one) => one.shown(/race-\d-\d/g)));
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).toEqual(orders[0]);
  });

  test('what is read in one is read in the other', async ({ person }) => {
    const bob = await person('bob');
    const alice = await person('alice');
    await alice.startThread(bob);
    const [first, second] = await twoTabs(alice, new URL(alice.page.url()).pathname);
    await bob.say('Unread until one looks');
    for (const tab of [first, second]) {
      await expect(tab.rooms.getByRole('link', { name: /Lobby.*1 unread/ })).toBeVisible();
    }
    await first.openRoom('Lobby');
    await first.reads('Unread until one looks');
    for (const tab of [first, second]) {
      await expect(tab.rooms.getByRole('link', { name: /Lobby/ })).not.toHaveAccessibleName(/unread/);
    }
  });

  test('signing out in one signs out the other', async ({ person }) => {
    const [first, second] = await twoTabs(await person('alice'), '/rooms/lobby');
    await second.signOut(true);
    await expect(first.page).toHaveURL(/\/login/);
    await first.fillSignIn();
    await first.arrive();
    await second.page.goto('/');
    await second.arrive();
  });
});
