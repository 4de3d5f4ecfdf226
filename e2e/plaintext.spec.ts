import { randomBytes } from 'node:crypto';
import { filesUnder, found, textForms, unfolded } from './support/search.ts';
import { expect, type Person, test } from './support/test.ts';
import { Wire } from './support/wire.ts';

// The product itself, telling all that it can tell.
test.use({ serverOptions: { product: true, logLevel: 'trace' }, ownServer: true });

const word = (): string => `zq${randomBytes(9).toString('hex')}`;
const needlesOf = (words: Record<string, string>) =>
  new Map(Object.entries(words).map(([name, text]) => [name, textForms(text)]));

test('nothing that is said stands anywhere on the server or on the wire', async ({ person, server }) => {
  const secrets = {
    lobby: word(),
    answer: word(),
    thread: word(),
    reply: word(),
    afterRestart: word(),
    draft: word(),
    unsent: word(),
  };
  // Names and topics are the server's to know: they prove that looking finds what is there.
  const known = { topic: word(), displayName: word() };

  const wires: Wire[] = [];
  const recorded = async (name: string): Promise<Person> => {
    const one = await person(name, { signUp: false });
    wires.push(new Wire(one.context));
    await one.page.goto('/signup');
    await one.fillSignUp();
    if (name === 'alice') await one.page.getByRole('textbox', { name: 'Display name' }).fill(known.displayName);
    await one.page.getByRole('button', { name: 'Create account' }).click();
    await one.arrive();
    return one;
  };
  const alice = await recorded('alice');
  const bob = await recorded('bob');
  for (const one of [alice, bob]) one.guard.expect(/WebSocket|ERR_CONNECTION|fetching the script/);

  await alice.say(secrets.lobby);
  await bob.reads(secrets.lobby);
  await bob.say(secrets.answer);
  await alice.reads(secrets.answer);

  await alice.page.getByRole('button', { name: 'New room' }).click();
  await alice.dialog.getByRole('textbox', { name: 'Name' }).fill('Garden');
  await alice.dialog.getByRole('textbox', { name: 'Topic' }).fill(known.topic);
  await alice.dialog.getByRole('button', { name: 'Create room' }).click();
  await expect(alice.page).toHaveURL(/\/rooms\/garden$/);

  await alice.startThread(bob);
  await alice.say(secrets.thread);
  await bob.openThread(known.displayName);
  await bob.reads(secrets.thread);
  await bob.say(secrets.reply);
  await alice.reads(secrets.reply);

  await server.restart('SIGTERM');
  await Promise.all([alice.online(), bob.online()]);
  await alice.say(secrets.afterRestart);
  await bob.reads(secrets.afterRestart);
  // A draft, kept and come back to.
  await alice.composer.fill(secrets.draft);
  await alice.openRoom('Lobby');
  await expect(alice.threads.getByRole('link')).toContainText('Draft');
  await alice.page.reload();
  await alice.arrive();
  await server.end('SIGTERM');
  await expect(alice.connection).toHaveText(/Offline/);
  await alice.write(secrets.unsent);

  const places: [string, Buffer][] = [...(await filesUnder(server.dataDir))];
  places.push(['the log', Buffer.from(server.log)]);
  const frames = (await Promise.all(wires.map((wire) => wire.all()))).flat();
  for (const [i, frame] of frames.entries()) places.push([`message ${i} on the wire`, frame]);
  expect(server.log.length).toBeGreaterThan(1_000);
  expect(frames.length).toBeGreaterThan(50);

  const control = found(needlesOf(known), places);
  for (const name of Object.keys(known)) {
    expect(
      control.some((hit) => hit.startsWith(`${name} in ${server.dataDir}`)),
      `${name} in the database`,
    ).toBe(true);
    expect(
      control.some((hit) => hit.startsWith(`${name} in message`)),
      `${name} on the wire`,
    ).toBe(true);
  }
  const all = places.flatMap(([place, bytes]): [string, Buffer][] => unfolded(bytes).map((form) => [place, form]));
  expect(found(needlesOf(secrets), all)).toEqual([]);
  // The log does not even tell who is here.
  expect(found(needlesOf({ ...known, alice: alice.name }), [['the log', Buffer.from(server.log)]])).toEqual([]);
});

test('nothing that is said stands readable in the storage of the browser', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  const secrets = { lobby: word(), thread: word(), draft: word() };
  await alice.say(secrets.lobby);
  await alice.startThread(bob);
  await alice.say(secrets.thread);
  await alice.composer.fill(secrets.draft);
  await alice.openRoom('Lobby');
  await expect(alice.threads.getByRole('link')).toContainText('Draft');
  const stored = await alice.page.evaluate(async () => {
    const all: string[] = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    const text = (value: unknown): string => {
      if (value instanceof Uint8Array) return Array.from(value, (byte) => String.fromCharCode(byte)).join('');
      return typeof value === 'string' ? value : JSON.stringify(value);
    };
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const open = indexedDB.open(name ?? '');
        open.onsuccess = () => resolve(open.result);
        open.onerror = () => reject(open.error);
      });
      for (const store of db.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve, reject) => {
          const get = db.transaction(store).objectStore(store).getAll();
          get.onsuccess = () => resolve(get.result);
          get.onerror = () => reject(get.error);
        });
        all.push(...values.map(text));
      }
      db.close();
    }
    return all;
  });
  expect(stored.length).toBeGreaterThan(20);
  const places = stored.map((text, i): [string, Buffer] => [`record ${i}`, Buffer.from(text, 'latin1')]);
  expect(found(needlesOf(secrets), places)).toEqual([]);
});
