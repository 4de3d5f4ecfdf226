import { expect, test } from './support/test.ts';

test.describe('emoji', () => {
  test('the picker puts one where the caret is; its data comes from here', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const asked: string[] = [];
    alice.page.on('request', (request) => asked.push(request.url()));
    await alice.composer.fill('ab');
    await alice.composer.press('Home');
    await alice.composer.press('ArrowRight');
    await alice.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await alice.page.getByRole('combobox', { name: 'Search' }).fill('rocket');
    await alice.page
      .getByRole('option', { name: /rocket/ })
      .first()
      .click();
    await expect(alice.composer).toHaveValue('a🚀b');
    await expect(alice.composer).toBeFocused();
    expect(asked.some((url) => /\/assets\/data-.*\.json$/.test(url))).toBe(true);
    await alice.composer.press('Enter');
    await bob.reads('a🚀b');
  });

  test('a shortcode is offered while one types, and replaced once it is whole', async ({ person }) => {
    const alice = await person('alice');
    await alice.composer.pressSequentially('S1 :tad');
    const choices = alice.page.getByRole('listbox', { name: 'Emoji to insert' });
    await expect(choices.getByRole('option', { name: /:tada:/ })).toBeVisible();
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveValue('S1 🎉 ');
    await alice.composer.pressSequentially('and :rocket:');
    await expect(alice.composer).toHaveValue('S1 🎉 and 🚀');
    await expect(choices).toHaveCount(0);
  });

  test('a message of nothing but emoji is large', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('L1 🎉');
    await alice.say('🦑🦑');
    const size = (text: string) =>
      alice
        .message(text)
        .getByRole('paragraph')
        .first()
        .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    expect(await size('🦑🦑')).toBeGreaterThan(1.5 * (await size('L1')));
  });

  test('which ones a person likes is gone with everything else of theirs', async ({ person }) => {
    const alice = await person('alice');
    await alice.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await alice.page.getByRole('combobox', { name: 'Search' }).fill('rocket');
    await alice.page
      .getByRole('option', { name: /rocket/ })
      .first()
      .click();
    const held = () =>
      alice.page.evaluate(async () => ({
        local: Object.keys(localStorage).filter((key) => /emoji/.test(key)),
        databases: (await indexedDB.databases()).map(({ name }) => name).filter((name) => /emoji/.test(name ?? '')),
      }));
    // Kept when the choice was taken, which is some time after the click.
    await expect.poll(async () => (await held()).local).toHaveLength(1);
    await expect.poll(async () => (await held()).databases).toHaveLength(1);
    await alice.signOut(false);
    await expect.poll(held).toEqual({ local: [], databases: [] });
  });
});
