import { choose, edit, reply } from './support/actions.ts';
import { expect, test } from './support/test.ts';

test.describe('replies', () => {
  test('quote what they answer, and follow its edits and its end', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('Q1 who brings bread?');
    await bob.reads('Q1 who brings bread?');
    await reply(bob, 'Q1');
    await expect(bob.page.getByText(`Replying to ${alice.name}:`)).toBeVisible();
    await expect(bob.composer).toBeFocused();
    await bob.write('A1 me');
    await expect(bob.page.getByText(`Replying to ${alice.name}:`)).toHaveCount(0);
    const quote = alice.message('A1 me').getByRole('button', { name: new RegExp(`In reply to ${alice.name}: Q1`) });
    await expect(quote).toContainText('Q1 who brings bread?');

    await edit(alice, /Q1 who brings bread\?(?![\s\S]*A1)/, 'Q1 who brings cake?');
    for (const one of [alice, bob]) await expect(one.message('A1 me')).toContainText('Q1 who brings cake?');
    await choose(alice, /Q1 who brings cake\?(?![\s\S]*A1)/, 'Delete for everyone');
    await alice.dialog.getByRole('button', { name: 'Delete for everyone' }).click();
    for (const one of [alice, bob]) {
      await expect(one.message('A1 me')).toContainText('This message was deleted.');
      await expect(one.message('A1 me')).not.toContainText('cake');
    }
  });

  test('Escape and the button take the answer back', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('Q2 hello');
    await reply(alice, 'Q2');
    await alice.composer.press('Escape');
    await expect(alice.page.getByText(/^Replying to/)).toHaveCount(0);
    await reply(alice, 'Q2');
    await alice.page.getByRole('button', { name: 'Cancel the reply' }).click();
    await expect(alice.page.getByText(/^Replying to/)).toHaveCount(0);
    await alice.say('Q3 of its own');
    await expect(alice.message('Q3').getByRole('button', { name: /In reply/ })).toHaveCount(0);
  });

  test('a quote leads to the message, however far back, and so does its address', async ({ person }) => {
    test.slow();
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('Q4 the beginning');
    await alice.writeAll(Array.from({ length: 130 }, (_, i) => `Between ${i + 1}.`));
    await alice.sent('Between 130.', 60_000);
    await bob.page.reload();
    await bob.arrive();
    await bob.reads('Between 130.');
    await bob.log.focus();
    for (let i = 0; i < 60 && (await bob.message('Q4 the beginning').count()) === 0; i++) {
      await bob.page.keyboard.press('Home');
      await bob.page.waitForTimeout(50);
    }
    await reply(bob, 'Q4 the beginning');
    await bob.say('A4 the end');
    // A page that was just opened holds the newest messages only.
    await alice.page.reload();
    await alice.arrive();
    await alice.reads('A4 the end');
    await expect(alice.message(/Q4 the beginning(?![\s\S]*A4)/)).toHaveCount(0);
    await alice
      .message('A4 the end')
      .getByRole('button', { name: /In reply/ })
      .click();
    await expect(alice.message(/Q4 the beginning(?![\s\S]*A4)/)).toBeInViewport();
    await expect(alice.page.getByRole('button', { name: 'Newest' })).toBeVisible();
    await alice.page.getByRole('button', { name: 'Newest' }).click();
    await expect(alice.message('A4 the end')).toBeInViewport();
  });

  test('an address of a message that is not there says so', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('Q5 hello');
    await alice.page.goto('/rooms/lobby?m=99999');
    await alice.arrive();
    await expect(alice.page.getByText('That is a message that is not on this browser.')).toBeVisible();
    await expect(alice.page).toHaveURL(/\/rooms\/lobby$/);
  });
});
