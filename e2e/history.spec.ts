import { expect, test } from './support/test.ts';

test.describe('a newcomer reads what was said in the lobby before', () => {
  test('with a member online: at once', async ({ person }) => {
    const alice = await person('alice');
    await alice.say('Said before anybody else came');
    const bob = await person('bob');
    await bob.reads('Said before anybody else came');
    // And so does the next one, over two changes of keys.
    await bob.say('Said by bob, before carol');
    const carol = await person('carol');
    await carol.reads('Said before anybody else came');
    await carol.reads('Said by bob, before carol');
    await carol.say('Now I know everything');
    await alice.reads('Now I know everything');
  });

  test.describe('with nobody online', () => {
    test.use({ ownServer: true });

    test('an honest placeholder stands there, and becomes readable once a member has been online', async ({
      person,
    }) => {
      const alice = await person('alice');
      await alice.say('First words');
      await alice.say('Second words');
      await alice.page.close();

      const bob = await person('bob');
      await expect(bob.log).toContainText('2 earlier messages will appear when a member who can read them is online');
      await expect(bob.log).not.toContainText('First words');
      // One can talk all the same.
      await bob.say('Is anybody here?');

      await alice.newTab('/rooms/lobby');
      await bob.reads('First words');
      await bob.reads('Second words');
      await expect(bob.log).not.toContainText('earlier messages appear here');
      await alice.reads('Is anybody here?');
      expect(await bob.shown(/First words|Second words|Is anybody here/g)).toEqual([
        'First words',
        'Second words',
        'Is anybody here',
      ]);
    });
  });
});
