import { expect, type Person, password, test } from './support/test.ts';
import { Wire } from './support/wire.ts';

async function leave(one: Person): Promise<void> {
  await one.page.getByRole('button', { name: 'More' }).click();
  await one.page.getByRole('menuitem', { name: /^Leave/ }).click();
  await one.dialog.getByRole('button', { name: 'Leave' }).click();
  await expect(one.dialog).toHaveCount(0);
}

/** Someone whose traffic is recorded from the start. */
async function watched(
  person: (name: string, options: { signUp: false }) => Promise<Person>,
  name: string,
): Promise<[Person, Wire]> {
  const one = await person(name, { signUp: false });
  const wire = new Wire(one.context);
  await one.signUp();
  return [one, wire];
}

const idOf = (one: Person): string => one.page.url().split('/').at(-1) ?? '';

test.describe('leaving', () => {
  test('a thread: who left sees it go, cannot open it, and is sent nothing that is said after', async ({ person }) => {
    const alice = await person('alice');
    const [bob, wire] = await watched(person, 'bob');
    const carol = await person('carol');
    await alice.startThread(bob, carol);
    await alice.say('While three are here');
    await bob.openThread(/alice/);
    await bob.reads('While three are here');
    const thread = idOf(bob);
    const address = bob.page.url();

    await leave(bob);
    await expect(bob.threads.getByRole('link')).toHaveCount(0);
    await expect(alice.log).toContainText(`${bob.name} left`);
    await expect(alice.people.getByRole('listitem')).toHaveCount(2);
    const heard = wire.received.length;

    await alice.say('After bob has left');
    await carol.openThread(/alice/);
    await carol.reads('After bob has left');
    await bob.page.goto(address);
    await expect(bob.page.getByRole('heading', { name: 'You are not in this thread' })).toBeVisible();
    await bob.page.goto('/rooms/lobby');
    await bob.arrive();
    await bob.say('Bob is still in the lobby');
    const after = wire.received.slice(heard);
    expect(after.some((frame) => frame.includes('hello_ok'))).toBe(true);
    expect(after.filter((frame) => frame.includes(thread) && frame.includes('entries'))).toEqual([]);
    expect((await bob.context.request.get(`/api/rooms/${thread}/members`)).ok()).toBe(false);
  });

  test('a public room: nothing comes any more; joining again, one reads what was said meanwhile', async ({
    person,
  }) => {
    const alice = await person('alice');
    const [bob, wire] = await watched(person, 'bob');
    await alice.page.getByRole('button', { name: 'New room' }).click();
    await alice.dialog.getByRole('textbox', { name: 'Name' }).fill('Tea Room');
    await alice.dialog.getByRole('textbox', { name: 'Topic' }).fill('Kettles');
    await alice.dialog.getByRole('button', { name: 'Create room' }).click();
    await expect(alice.page).toHaveURL(/\/rooms\/tea-room$/);
    await alice.say('The kettle is on');

    await bob.rooms.getByRole('link', { name: 'Browse rooms' }).click();
    await expect(bob.page.getByRole('main')).toContainText(/open room/i);
    await bob.page.getByRole('button', { name: 'Join Tea Room' }).click();
    await bob.reads('The kettle is on');
    await bob.say('Milk, please');
    await alice.reads('Milk, please');

    await leave(bob);
    await expect(bob.rooms.getByRole('link', { name: 'Tea Room' })).toHaveCount(0);
    await expect(alice.log).toContainText(`${bob.name} left`);
    const heard = wire.received.length;
    await alice.say('Said while bob is away');
    await bob.openRoom('Lobby');
    await bob.say('Something else');
    expect(wire.received.slice(heard).length).toBeGreaterThan(0);
    const [told] = wire.received.filter((frame) => frame.includes('tea-room'));
    expect(told).toBeDefined();
    expect(wire.received.slice(heard).filter((frame) => frame.includes('tea-room'))).toEqual([]);

    await bob.page.goto('/rooms/tea-room');
    await bob.page.getByRole('button', { name: 'Join', exact: true }).click();
    await bob.reads('Said while bob is away');
    await bob.reads('The kettle is on');
  });

  test('a deleted account: gone from people and rooms, its words stay, and it cannot come back', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const carol = await person('carol');
    await bob.say('Remember me');
    await alice.startThread(bob, carol);
    await bob.openThread(/alice/);
    await bob.say('Only for three');
    await alice.reads('Only for three');

    await bob.page.getByRole('link', { name: 'Settings' }).click();
    await bob.page.getByRole('button', { name: 'Delete account' }).click();
    await bob.dialog.getByRole('textbox', { name: 'Your username' }).fill(bob.name);
    await bob.dialog.getByRole('textbox', { name: 'Your password' }).fill(password);
    await bob.dialog.getByRole('button', { name: 'Delete account' }).click();
    await expect(bob.page).toHaveURL(/\/signup/);
    const databases = await bob.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    expect(databases.filter((name) => name?.includes('vault'))).toEqual([]);

    await expect(alice.log).toContainText(/deleted account left/);
    await expect(alice.people.getByRole('listitem')).toHaveCount(2);
    await alice.say('After the deletion');
    await carol.openThread(/alice/);
    await carol.reads('After the deletion');
    await carol.reads('Only for three');
    await alice.openRoom('Lobby');
    await expect(alice.log).toContainText(/closed their account/);
    await alice.reads('Remember me');
    await alice.say('The lobby goes on');
    await carol.openRoom('Lobby');
    await carol.reads('The lobby goes on');

    await bob.page.goto('/login');
    await bob.fillSignIn();
    await expect(bob.page.getByRole('textbox', { name: 'Password' })).toHaveAccessibleDescription(/not right/);
  });
});
