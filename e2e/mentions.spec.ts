import { expect, test } from './support/test.ts';

test.describe('mentions', () => {
  test('are completed while one types, and lead to the person', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await expect(alice.people).toContainText(bob.name);
    await alice.composer.pressSequentially(`M1 hello @${bob.name.slice(0, 2)}`);
    const choices = alice.page.getByRole('listbox', { name: 'People to insert' });
    await expect(choices.getByRole('option', { name: bob.name })).toBeVisible();
    const chosen = choices.getByRole('option', { selected: true });
    for (let i = 0; i < 8 && !(await chosen.innerText()).includes(bob.name); i++) {
      await alice.composer.press('ArrowDown');
    }
    await expect(alice.composer).toHaveAttribute('aria-activedescendant', (await chosen.getAttribute('id')) ?? '');
    await alice.composer.press('Tab');
    await expect(alice.composer).toHaveValue(`M1 hello @${bob.name} `);
    await expect(choices).toHaveCount(0);
    await alice.composer.press('Enter');
    for (const one of [alice, bob]) {
      const mention = one.message('M1').getByRole('button', { name: `@${bob.name}`, exact: true });
      await expect(mention).toBeVisible();
      await mention.click();
      await expect(one.dialog).toContainText(`@${bob.name}`);
      await one.page.keyboard.press('Escape');
      await expect(one.dialog).toHaveCount(0);
    }
    // Whoever is mentioned sees the whole message marked.
    const background = (one: typeof bob) => one.message('M1').evaluate((row) => getComputedStyle(row).backgroundColor);
    await bob.page.mouse.move(0, 0);
    await alice.page.mouse.move(0, 0);
    expect(await background(bob)).not.toBe(await background(alice));
  });

  test('Escape leaves the word as it is, and code and addresses mention nobody', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await expect(alice.people).toContainText(bob.name);
    await alice.composer.pressSequentially(`M2 @${bob.name.slice(0, 2)}`);
    await expect(alice.page.getByRole('listbox')).toBeVisible();
    await alice.composer.press('Escape');
    await expect(alice.page.getByRole('listbox')).toHaveCount(0);
    await alice.composer.press('Enter');
    await bob.reads(`M2 @${bob.name.slice(0, 2)}`);
    await alice.write(`M3 \`@${bob.name}\` and a@${bob.name}.example`);
    await bob.reads('M3');
    await expect(bob.message('M3').getByRole('button', { name: `@${bob.name}` })).toHaveCount(0);
  });
});
