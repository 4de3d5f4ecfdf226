import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reloadAfterCut } from './support/network.ts';
import { root } from './support/paths.ts';
import { expect, lostConnection, test } from './support/test.ts';

test.describe('starting without a connection', () => {
  test('the server does not answer: what is on this browser is there to be read', async ({ person, network }) => {
    const alice = await person('alice', { proxy: network.proxy });
    const bob = await person('bob');
    alice.guard.expect(lostConnection);
    await alice.startThread(bob);
    await alice.say('To be read later');
    network.set('pages');
    await reloadAfterCut(alice.page);
    await alice.reads('To be read later');
    await expect(alice.connection).toHaveText(/Offline|Connecting/);
    await expect(alice.threads.getByRole('link', { name: bob.name })).toBeVisible();
    await alice.openRoom('Lobby');
    await expect(alice.composer).toBeVisible();
    network.set('open');
    await alice.online();
    await alice.say('Back in the lobby');
    await bob.reads('Back in the lobby');
  });

  test('a room that was never looked at fills as soon as the connection is there', async ({ person, network }) => {
    const alice = await person('alice');
    await alice.say('Said before anybody came');
    const bob = await person('bob', { proxy: network.proxy, signUp: false });
    bob.guard.expect(lostConnection);
    // A room that one stands in is asked for at once: this one goes elsewhere first.
    await bob.page.goto('/signup?next=/rooms');
    await bob.fillSignUp();
    await bob.page.getByRole('button', { name: 'Create account' }).click();
    await bob.online();
    await expect(bob.rooms.getByRole('link', { name: /^Lobby/ })).toBeVisible();
    network.set('pages');
    await expect(async () => {
      await bob.page.goto('/rooms/lobby');
    }).toPass({ timeout: 15_000 });
    await expect(bob.log.getByText('Loading earlier messages')).toBeVisible();
    network.set('open');
    await bob.reads('Said before anybody came');
  });

  test('no network at all: the app itself starts from this browser', async ({ person, network }) => {
    const worker = ['sw.js', 'service-worker.js'].some((name) => existsSync(join(root, 'apps/web/dist', name)));
    test.fixme(!worker, 'there is no service worker yet');
    const alice = await person('alice', { proxy: network.proxy });
    alice.guard.expect(lostConnection);
    await alice.say('To be read on the train');
    await alice.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    network.set('closed');
    await alice.page.reload();
    await alice.reads('To be read on the train');
    network.set('open');
    await alice.online();
  });
});
