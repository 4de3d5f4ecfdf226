import { expect, test } from './support/test.ts';

test.describe('who types', () => {
  test('is shown while they do, and until they have said it', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('T1 hello');
    await bob.openThread(alice.name);
    await bob.reads('T1 hello');
    const before = await alice.composer.boundingBox();
    await bob.composer.pressSequentially('T2 hi');
    await expect(alice.page.getByText(`${bob.name} is typing …`)).toBeVisible();
    expect(await alice.composer.boundingBox()).toEqual(before);
    await bob.composer.press('Enter');
    await alice.reads('T2 hi');
    await expect(alice.page.getByText(`${bob.name} is typing …`)).toHaveCount(0);
  });
});

test.describe('how far a message in a thread has come', () => {
  test('is said of the newest own one: sent, delivered, read, and by whom', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('F1 are you there?');
    await expect(alice.message('F1')).toContainText('Delivered');
    await bob.openThread(alice.name);
    await bob.reads('F1 are you there?');
    await expect(alice.message('F1').getByRole('button', { name: 'Read', exact: true })).toBeVisible();
    await alice.message('F1').getByRole('button', { name: 'Read', exact: true }).click();
    await expect(alice.dialog).toContainText(bob.name);
  });
});
