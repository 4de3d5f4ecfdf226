import { card, save, send, textFile } from './support/files.ts';
import { picture } from './support/media.ts';
import { expect, test } from './support/test.ts';

const patience = { timeout: 20_000 };

test.describe('an offer in a thread', () => {
  test('to several people: who did what with it is listed by name', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const carol = await person('carol');
    await alice.startThread(bob, carol);
    await bob.openThread(new RegExp(alice.name));
    await send(alice, textFile('for both.txt', 'to you and you'));
    const own = card(alice, 'for both.txt');
    await expect(own).toContainText('2 offered', patience);
    await card(bob, 'for both.txt', 'Offered file').getByRole('button', { name: 'Accept' }).click(patience);
    await expect(own).toContainText('1 received, 1 offered', patience);
    await own.getByText('1 received, 1 offered').click();
    const answers = own.getByRole('list', { name: 'Answers' }).getByRole('listitem');
    await expect(answers.filter({ hasText: bob.name })).toContainText('Received');
    await expect(answers.filter({ hasText: carol.name })).toContainText('Offered');
  });

  test('can be accepted after all by who declined it', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await bob.openThread(alice.name);
    await send(alice, textFile('second thoughts.txt', 'worth it'));
    await card(bob, 'second thoughts.txt', 'Offered file').getByRole('button', { name: 'Decline' }).click(patience);
    await expect(card(alice, 'second thoughts.txt')).toContainText('Declined', patience);
    const declined = card(bob, 'second thoughts.txt', 'Declined file');
    await declined.getByRole('button', { name: 'Accept after all' }).click(patience);
    await expect(card(alice, 'second thoughts.txt')).toContainText('Received', patience);
    const saved = await save(bob, card(bob, 'second thoughts.txt', 'File'));
    expect(saved.bytes.toString()).toBe('worth it');
  });

  test('of a picture has its size from the start: nothing moves when it arrives', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await bob.openThread(alice.name);
    const buffer = await picture(alice.page, 'image/png');
    await send(alice, { name: 'view.png', mimeType: 'image/png', buffer });
    const offer = card(bob, 'view.png', 'Offered file');
    await expect(offer).toBeVisible(patience);
    const before = await offer.boundingBox();
    await offer.getByRole('button', { name: 'Accept' }).click();
    await expect(card(bob, 'view.png', 'File')).toBeVisible(patience);
    const after = await card(bob, 'view.png').boundingBox();
    expect(after?.height).toBe(before?.height);
  });
});
