import { act } from './support/actions.ts';
import { expect, test } from './support/test.ts';

test.use({ ownServer: true });

test('a pinned message is announced, listed for everyone, found again and unpinned', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.say('P1 the plan');
  await alice.writeAll(Array.from({ length: 40 }, (_, i) => `Later ${i + 1}.`));
  await alice.sent('Later 40.');
  await bob.reads('Later 40.');
  await expect(bob.page.getByRole('button', { name: /^Pinned messages/ })).toHaveCount(0);

  await alice.log.focus();
  await alice.page.keyboard.press('Home');
  await expect.poll(() => alice.log.evaluate((log) => log.scrollTop)).toBe(0);
  await act(alice, 'P1 the plan', 'Pin');
  await expect(alice.message('P1')).toContainText('Pinned');
  await expect(bob.log).toContainText(`${alice.name} pinned a message`);

  const pins = bob.page.getByRole('button', { name: 'Pinned messages, 1' });
  await pins.click();
  const list = bob.page.getByRole('dialog', { name: 'Pinned messages' });
  await expect(list).toContainText('P1 the plan');
  await expect(list).toContainText(`Pinned by ${alice.name}`);
  await list.getByRole('button', { name: /P1 the plan/ }).click();
  await expect(list).toHaveCount(0);
  await expect(bob.message('P1 the plan')).toBeInViewport();

  await pins.click();
  await list.getByRole('button', { name: 'Unpin' }).click();
  await expect(list).toContainText('Nothing is pinned any more.');
  await expect(alice.page.getByRole('button', { name: /^Pinned messages/ })).toHaveCount(0);
  await expect(alice.message('P1')).not.toContainText('Pinned');
});
