import { expect, lostConnection, test } from './support/test.ts';

const dayMs = 86_400_000;

test.describe('on a server that removes messages after two days', () => {
  test.use({ serverOptions: { retentionDays: 2, clockOffsetMs: -3 * dayMs }, ownServer: true });

  test('a newcomer is told that earlier ones are not kept; who has read them keeps them', async ({
    person,
    server,
  }) => {
    const alice = await person('alice');
    alice.guard.expect(lostConnection);
    await alice.say('Said three days ago');
    await server.restart('SIGTERM', { clockOffsetMs: 0 });
    await alice.online();
    await alice.say('Said today');
    await expect(alice.message('Said three days ago')).toBeVisible();
    await expect(alice.log).toContainText('This server removes messages after 2 days.');

    const bob = await person('bob');
    await bob.reads('Said today');
    await expect(bob.log).toContainText('Earlier messages are not kept: this server removes messages after 2 days.');
    await expect(bob.log).not.toContainText('three days ago');
    await expect(bob.log).not.toContainText(/taken back|erased|appear here/);
    await bob.say('Hello from bob');
    await alice.reads('Hello from bob');
    await alice.page.reload();
    await alice.arrive();
    await expect(alice.message('Said three days ago')).toBeVisible();
  });
});
