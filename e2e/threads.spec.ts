import { expect, test } from './support/test.ts';
import { Wire } from './support/wire.ts';

test.describe('a thread between two browsers', () => {
  test('appears at the other side at once, carries words both ways, and shows who is in it', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('Only for you');
    await expect(bob.threads.getByRole('link', { name: alice.name })).toBeVisible();
    await bob.openThread(alice.name);
    await bob.reads('Only for you');
    await bob.say('And back');
    await alice.reads('And back');
    for (const one of [alice, bob]) {
      await expect(one.people.getByRole('listitem')).toHaveCount(2);
      await expect(one.people).toContainText(alice.name);
      await expect(one.people).toContainText(bob.name);
    }
  });

  test('from the people list; a second time it is the same thread', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    for (let i = 0; i < 2; i++) {
      await alice.openRoom('Lobby');
      await alice.people.getByRole('button', { name: bob.name }).click();
      await alice.dialog.getByRole('button', { name: 'Start a thread' }).click();
      await expect(alice.page).toHaveURL(/\/threads\//);
    }
    await expect(alice.threads.getByRole('link', { name: bob.name })).toHaveCount(1);
  });

  test('is there at the next sign-in of someone who was away', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await bob.signOut(true);
    await alice.startThread(bob);
    await alice.say('For when you are back');
    await bob.fillSignIn();
    await bob.arrive();
    await bob.openThread(alice.name);
    await bob.reads('For when you are back');
  });

  test('a third account cannot open it, does not see it, and is sent nothing of it', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const mallory = await person('mallory', { signUp: false });
    const wire = new Wire(mallory.context);
    await mallory.signUp();

    await alice.startThread(bob);
    await alice.say('Not for mallory');
    const address = alice.page.url();
    const thread = address.split('/').at(-1) ?? '';
    expect(thread).toMatch(/^[0-9a-f-]{36}$/);
    await bob.openThread(alice.name);
    await bob.reads('Not for mallory');

    await mallory.page.goto(address);
    await expect(mallory.page.getByRole('heading', { name: 'You are not in this thread' })).toBeVisible();
    await expect(mallory.threads.getByRole('link')).toHaveCount(0);
    for (const path of ['', '/members', '/log', '/entries', '/group-info']) {
      const answer = await mallory.context.request.get(`/api/rooms/${thread}${path}`);
      expect(answer.ok(), path).toBe(false);
    }
    await mallory.page.goto('/rooms/lobby');
    await mallory.arrive();
    await mallory.say('Mallory was here');
    // Its id is the least that any frame of it would carry. The lobby's frames prove that looking finds something.
    expect(wire.received.length).toBeGreaterThan(3);
    expect(wire.received.some((frame) => frame.includes('entries'))).toBe(true);
    expect(wire.received.filter((frame) => frame.includes(thread))).toEqual([]);
  });

  test('who is added reads what is said from then on, and nothing from before', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const carol = await person('carol');
    await alice.startThread(bob);
    await alice.say('Said before carol');
    await bob.openThread(alice.name);
    await bob.reads('Said before carol');
    await alice.page.getByRole('button', { name: 'More' }).click();
    await alice.page.getByRole('menuitem', { name: 'Add people' }).click();
    await alice.dialog.getByRole('textbox', { name: 'Find people' }).fill(carol.name);
    await alice.dialog.getByRole('checkbox', { name: carol.name }).check();
    await alice.dialog.getByRole('button', { name: 'Add to the thread' }).click();
    await expect(alice.dialog).toHaveCount(0);
    await alice.say('Welcome, carol');
    await carol.openThread(/alice/);
    await carol.reads('Welcome, carol');
    await carol.say('Glad to be here');
    await alice.reads('Glad to be here');
    await bob.reads('Glad to be here');
    await expect(carol.log).not.toContainText('Said before carol');
    await expect(carol.people.getByRole('listitem')).toHaveCount(3);
  });
});
