import { expect, test } from './support/test.ts';

test.describe('the lobby, between two browsers', () => {
  test('what one says the other reads, both ways and in order', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.say('Good morning from alice');
    await bob.reads('Good morning from alice');
    await bob.say('Good morning from bob');
    await alice.reads('Good morning from bob');
    for (const one of [alice, bob]) {
      expect(await one.shown(/Good morning from \w+/g)).toEqual(['Good morning from alice', 'Good morning from bob']);
    }
    await expect(bob.message('from alice')).toContainText(alice.name);
  });
});
