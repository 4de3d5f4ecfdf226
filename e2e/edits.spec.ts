import { act, choose } from './support/actions.ts';
import { card, choose as chooseFiles, sendChosen, textFile } from './support/files.ts';
import { expect, test } from './support/test.ts';

test.describe('edits', () => {
  test('are seen by everyone, with what was said before', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('E1 at seven');
    await bob.reads('E1 at seven');
    await alice.composer.press('ArrowUp');
    await expect(alice.composer).toHaveValue('E1 at seven');
    await expect(alice.page.getByText('Editing your message')).toBeVisible();
    await alice.composer.fill('E1 at eight');
    await alice.page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(alice.composer).toHaveValue('');
    for (const one of [alice, bob]) {
      await one.reads('E1 at eight');
      await expect(one.message('E1 at seven')).toHaveCount(0);
      await one.message('E1 at eight').getByRole('button', { name: '(edited)' }).click();
      await expect(one.dialog.getByRole('listitem')).toHaveText([
        /Now[\s\S]*E1 at eight/,
        /At first[\s\S]*E1 at seven/,
      ]);
      await one.page.keyboard.press('Escape');
      await expect(one.dialog).toHaveCount(0);
      await one.page.reload();
      await one.arrive();
      await one.reads('E1 at eight');
      await expect(one.message('E1 at eight')).toContainText('(edited)');
    }
  });

  test('what was being written comes back after an edit, and Escape gives an edit up', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('E2 a word');
    await alice.composer.fill('half a sent');
    await act(alice, 'E2 a word', 'Edit');
    await expect(alice.composer).toHaveValue('E2 a word');
    await alice.composer.fill('E2 another word');
    await alice.composer.press('Escape');
    await expect(alice.composer).toHaveValue('half a sent');
    await expect(alice.message('E2 a word')).toContainText('E2 a word');
  });

  test('a caption mentions people and can be edited; the file stays', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await expect(alice.people).toContainText(bob.name);
    await chooseFiles(alice, textFile('E4.txt', 'a file'));
    await sendChosen(alice, `E4 for @${bob.name}`);
    await bob.reads('E4 for');
    const mention = bob.message('E4 for').getByRole('button', { name: `@${bob.name}`, exact: true });
    await expect(mention).toBeVisible();
    await act(alice, 'E4 for', 'Edit');
    await expect(alice.composer).toHaveValue(`E4 for @${bob.name}`);
    await alice.composer.fill('E4 for nobody');
    await alice.page.locator('form').getByRole('button', { name: 'Save', exact: true }).click();
    for (const one of [alice, bob]) {
      await one.reads('E4 for nobody');
      await expect(one.message('E4 for nobody')).toContainText('(edited)');
      await expect(card(one, 'E4.txt')).toBeVisible();
    }
    await expect(mention).toHaveCount(0);
  });

  test('nobody edits or deletes for everyone what someone else said', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('E3 mine');
    await bob.reads('E3 mine');
    await bob.message('E3 mine').hover();
    await expect(bob.message('E3 mine').getByRole('button', { name: 'Reply', exact: true })).toBeVisible();
    for (const name of ['Edit', 'Delete']) {
      await expect(bob.message('E3 mine').getByRole('button', { name, exact: true })).toHaveCount(0);
    }
    await act(bob, 'E3 mine', 'More for this message');
    await expect(bob.page.getByRole('menuitem', { name: 'Copy text' })).toBeVisible();
    await expect(bob.page.getByRole('menuitem', { name: /Edit|everyone$/ }).filter({ hasNotText: 'Pin' })).toHaveCount(
      0,
    );
  });
});

test.describe('deleting', () => {
  test('for everyone leaves a quiet mark and no word, here and there, and after a reload', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('D1 a slip');
    await bob.reads('D1 a slip');
    await act(alice, 'D1', 'Delete');
    await alice.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(alice.message('D1')).toHaveCount(1);
    await act(alice, 'D1', 'Delete');
    await alice.dialog.getByRole('button', { name: 'Delete for everyone' }).click();
    await expect(alice.dialog).toHaveCount(0);
    for (const one of [alice, bob]) {
      await expect(one.message('D1 a slip')).toHaveCount(0);
      await expect(one.message('This message was deleted.')).toHaveCount(1);
      await one.page.reload();
      await one.arrive();
      await expect(one.message('This message was deleted.')).toHaveCount(1);
      await expect(one.log).not.toContainText('D1 a slip');
    }
  });

  test('for me hides it on this browser only', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('D2 not for my eyes');
    await bob.reads('D2 not for my eyes');
    await choose(bob, 'D2', 'Delete for me');
    await expect(bob.message('D2')).toHaveCount(0);
    await bob.page.reload();
    await bob.arrive();
    await expect(bob.log).toContainText(`${bob.name} joined`);
    await expect(bob.message('D2')).toHaveCount(0);
    await expect(alice.message('D2')).toHaveCount(1);
  });
});
