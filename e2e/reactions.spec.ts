import { act, chip, choose } from './support/actions.ts';
import { expect, test } from './support/test.ts';

test.describe('reactions', () => {
  test('are counted and named at everyone, and are taken back', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('R1 shall we?');
    await bob.reads('R1 shall we?');
    await act(bob, 'R1', 'React');
    await bob.page.getByRole('button', { name: 'React with 👍' }).click();
    await expect(chip(bob, 'R1', '👍', 1)).toHaveAttribute('aria-pressed', 'true');
    await expect(chip(alice, 'R1', '👍', 1)).toHaveAccessibleName(new RegExp(bob.name));
    await expect(chip(alice, 'R1', '👍', 1)).toHaveAttribute('aria-pressed', 'false');

    await chip(alice, 'R1', '👍', 1).click();
    for (const one of [alice, bob]) await expect(chip(one, 'R1', '👍', 2)).toHaveAttribute('aria-pressed', 'true');
    await chip(bob, 'R1', '👍', 2).click();
    await expect(chip(alice, 'R1', '👍', 1)).toHaveAccessibleName(/you/);
    await chip(alice, 'R1', '👍', 1).click();
    for (const one of [alice, bob])
      await expect(one.message('R1').getByRole('group', { name: 'Reactions' })).toHaveCount(0);
  });

  test('come from the whole picker, too, and are there after a reload', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('R2 off we go');
    await act(alice, 'R2', 'React');
    await alice.page.getByRole('button', { name: 'More emoji' }).click();
    await alice.page.getByRole('combobox', { name: 'Search' }).fill('rocket');
    await alice.page
      .getByRole('option', { name: /rocket/ })
      .first()
      .click();
    await expect(chip(bob, 'R2', '🚀', 1)).toBeVisible();
    for (const one of [alice, bob]) {
      await one.page.reload();
      await one.arrive();
      await expect(chip(one, 'R2', '🚀', 1)).toBeVisible();
    }
    // What was used is offered first the next time.
    await choose(alice, 'R2', 'React');
    await expect(alice.page.getByRole('button', { name: /^React with/ }).first()).toHaveAccessibleName('React with 🚀');
  });

  test('in a thread, from a phone by a long press', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob', { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
    await alice.startThread(bob);
    await alice.say('R3 only here');
    await bob.page.goto(alice.page.url());
    await bob.arrive();
    await bob.reads('R3 only here');
    const place = await bob.message('R3').boundingBox();
    if (!place) throw new Error('the message is not in view');
    const touch = await bob.context.newCDPSession(bob.page);
    const finger = { x: place.x + 150, y: place.y + place.height / 2 };
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [finger] });
    await expect(bob.page.getByRole('dialog')).toBeVisible();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await bob.page.getByRole('button', { name: 'React with 🎉' }).tap();
    await expect(chip(alice, 'R3', '🎉', 1)).toHaveAccessibleName(new RegExp(bob.name));
  });
});

test.describe('what can be done with a message, by keyboard', () => {
  test('the arrow keys go from message to message, Enter opens its menu, Escape leads back', async ({ person }) => {
    const alice = await person('alice');
    const { keyboard } = alice.page;
    await alice.say('K1 first');
    await alice.say('K2 second');
    await alice.log.focus();
    await keyboard.press('ArrowUp');
    await expect(alice.message('K2 second')).toBeFocused();
    await keyboard.press('ArrowUp');
    await expect(alice.message('K1 first')).toBeFocused();
    await keyboard.press('Tab');
    await keyboard.press('Escape');
    await expect(alice.message('K1 first')).toBeFocused();
    await keyboard.press('Enter');
    await expect(alice.page.getByRole('menuitem', { name: 'React' })).toBeFocused();
    await keyboard.press('Escape');
    await expect(alice.message('K1 first')).toBeFocused();
    await keyboard.press('Enter');
    await alice.page.getByRole('menuitem', { name: 'Reply' }).press('Enter');
    await expect(alice.composer).toBeFocused();
    await keyboard.press('Escape');
    await alice.log.focus();
    // Typing goes on in the text box.
    await keyboard.press('h');
    await expect(alice.composer).toBeFocused();
    await expect(alice.composer).toHaveValue('h');
  });
});
