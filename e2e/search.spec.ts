import type { Locator } from '@playwright/test';
import { choose, edit } from './support/actions.ts';
import { expect, type Person, test } from './support/test.ts';

const box = (one: Person): Locator => one.page.getByRole('searchbox', { name: 'Search', exact: true });
const results = (one: Person): Locator => one.page.getByRole('region', { name: 'Search results' });
const hits = (one: Person): Locator => results(one).getByRole('listitem');

test.describe('search', () => {
  test('finds as one types, by the beginning of a word, with filters, and after a reload', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('The zephyranth blooms tonight');
    await bob.reads('The zephyranth blooms tonight');
    await bob.say('A zephyranth of my own');
    await alice.reads('A zephyranth of my own');

    await box(alice).fill('zephyr');
    await expect(hits(alice)).toHaveCount(2);
    await expect(hits(alice).first()).toContainText('A zephyranth of my own');
    await expect(hits(alice).first()).toContainText(bob.name);
    await expect(hits(alice).first().locator('mark')).toHaveText('zephyranth');
    await box(alice).fill('zephyranth bloo');
    await expect(hits(alice)).toHaveCount(1);
    await box(alice).fill('bloo zephyranths');
    await expect(results(alice)).toContainText('Nothing found.');

    await box(alice).fill('zephyr');
    await results(alice).getByRole('button', { name: 'Filters' }).click();
    await results(alice).getByRole('combobox', { name: 'From person' }).selectOption({ label: bob.name });
    await expect(hits(alice)).toHaveCount(1);
    await results(alice).getByRole('button', { name: 'Clear filters' }).click();
    await expect(hits(alice)).toHaveCount(2);
    await results(alice).getByRole('checkbox', { name: 'With a file' }).check();
    await expect(results(alice)).toContainText('Nothing found.');

    await alice.page.reload();
    await alice.arrive();
    await box(alice).fill('zephyr');
    await expect(hits(alice)).toHaveCount(2);
    // What is said now is found now.
    await bob.say('The third zephyranth');
    await alice.reads('The third zephyranth');
    await box(alice).fill('third zeph');
    await expect(hits(alice)).toHaveCount(1);
  });

  test('forgets the words of messages that were edited or deleted', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('quixotry before');
    await bob.reads('quixotry before');
    await box(bob).fill('quixotry');
    await expect(hits(bob)).toHaveCount(1);

    await edit(alice, 'quixotry before', 'marzipan after');
    await bob.reads('marzipan after');
    await box(bob).fill('quixotry ');
    await expect(results(bob)).toContainText('Nothing found.');
    await box(bob).fill('marzipan');
    await expect(hits(bob)).toHaveCount(1);

    await choose(alice, 'marzipan after', 'Delete for everyone');
    await alice.dialog.getByRole('button', { name: 'Delete for everyone' }).click();
    await expect(bob.log).not.toContainText('marzipan');
    await box(bob).fill('marzipan ');
    await expect(results(bob)).toContainText('Nothing found.');
  });

  test('leads to the message, by keyboard', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('The wanted kumquat');
    await alice.writeAll(Array.from({ length: 40 }, (_, i) => `After it ${i + 1}.`));
    await alice.sent('After it 40.');
    await alice.page.locator('body').press('Control+f');
    await expect(box(alice)).toBeFocused();
    await alice.page.keyboard.type('kumq');
    await expect(hits(alice)).toHaveCount(1);
    await alice.page.keyboard.press('ArrowDown');
    await expect(hits(alice).getByRole('link')).toBeFocused();
    await alice.page.keyboard.press('Escape');
    await expect(box(alice)).toBeFocused();
    await alice.page.keyboard.press('ArrowDown');
    await alice.page.keyboard.press('Enter');
    await expect(alice.message('The wanted kumquat')).toBeInViewport();
    await box(alice).press('Escape');
    await expect(results(alice)).toHaveCount(0);
  });

  test.describe('for a newcomer', () => {
    test.use({ ownServer: true });

    test('says how far back it looked, and looks further', async ({ person }) => {
      test.slow();
      const alice = await person('alice');
      await alice.say('The first tamarillo');
      await alice.writeAll(Array.from({ length: 220 }, (_, i) => `Between ${i + 1}.`));
      await alice.sent('Between 220.', 60_000);
      const bob = await person('bob');
      await bob.reads('Between 220.');
      await box(bob).fill('tamarillo');
      await expect(results(bob)).toContainText(/Searched since/);
      await expect(hits(bob)).toHaveCount(0);
      await results(bob).getByRole('button', { name: 'Search further back' }).click();
      await expect(hits(bob)).toHaveCount(1, { timeout: 20_000 });
      await expect(results(bob)).toContainText('Everything that you can read was searched.');
    });
  });
});
