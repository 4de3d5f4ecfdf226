import { formsOf, found, unfolded } from './support/search.ts';
import { passedThrough, watchCrypto } from './support/spy.ts';
import { expect, test } from './support/test.ts';
import { Wire } from './support/wire.ts';

test.describe('keys stay in the browser', () => {
  test('every key that it stores is one that nothing can take out', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.startThread(bob);
    await alice.say('Something to make keys for');
    const keys = await alice.page.evaluate(async () => {
      const found: { name: string; type: string; extractable: boolean; refused: boolean }[] = [];
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
          for (const key of values) {
            if (!(key instanceof CryptoKey)) continue;
            const formats = ['raw', 'pkcs8', 'jwk'] as const;
            const tries = formats.map((format) =>
              crypto.subtle.exportKey(format, key).then(
                () => false,
                () => true,
              ),
            );
            const refused = (await Promise.all(tries)).every(Boolean);
            found.push({ name: key.algorithm.name, type: key.type, extractable: key.extractable, refused });
          }
        }
        db.close();
      }
      return found;
    });
    // The key that signs is a sealed record, so that a lock holds it too.
    expect(keys.filter((key) => key.type === 'private')).toEqual([]);
    expect(keys).toContainEqual({ name: 'AES-GCM', type: 'secret', extractable: false, refused: true });
    expect(keys.filter((key) => key.extractable || !key.refused)).toEqual([]);
  });

  test('no secret that the browser works with is in anything that it sends', async ({ person, network }) => {
    const alice = await person('alice', { signUp: false, proxy: network.proxy });
    const wire = new Wire(alice.context);
    await watchCrypto(alice.context, network);
    await alice.signUp();
    const bob = await person('bob');
    const carol = await person('carol');
    // All that makes keys: a lobby with history links, a thread, a member added, one who leaves, the next epoch's messages.
    await alice.say('In the lobby');
    await bob.reads('In the lobby');
    await alice.startThread(bob);
    await alice.say('In the thread');
    await alice.page.getByRole('button', { name: 'More' }).click();
    await alice.page.getByRole('menuitem', { name: 'Add people' }).click();
    await alice.dialog.getByRole('textbox', { name: 'Find people' }).fill(carol.name);
    await alice.dialog.getByRole('checkbox', { name: carol.name }).check();
    await alice.dialog.getByRole('button', { name: 'Add to the thread' }).click();
    await expect(alice.dialog).toHaveCount(0);
    await alice.say('Welcome');
    await bob.openThread(/alice/);
    await bob.page.getByRole('button', { name: 'More' }).click();
    await bob.page.getByRole('menuitem', { name: /^Leave/ }).click();
    await bob.dialog.getByRole('button', { name: 'Leave' }).click();
    await expect(alice.people.getByRole('listitem')).toHaveCount(2);
    await alice.say('After bob');
    await carol.openThread(/alice/);
    await carol.reads('After bob');

    const seen = await passedThrough(alice.page);
    const secrets = new Set(seen.flatMap((passed) => passed.secret));
    const known = new Set(seen.flatMap((passed) => passed.public));
    // Hundreds: a hundred key packages alone, then trees, schedules, ratchets, content keys.
    expect(secrets.size).toBeGreaterThan(200);
    const needles = (values: Iterable<string>) =>
      new Map([...values].map((value) => [value, formsOf(Buffer.from(value, 'hex'))]));
    const sent = wire.sent.flatMap((bytes, i): [string, Buffer][] =>
      unfolded(bytes).map((form) => [`message ${i}`, form]),
    );
    expect(found(needles(known), sent).length).toBeGreaterThan(0);
    expect(found(needles(secrets), sent)).toEqual([]);
    // What is signed with leaves its handle once, when it is made, to be sealed.
    expect(seen.flatMap((passed) => passed.exported).filter((name) => name.startsWith('Ed25519'))).toEqual([
      'Ed25519 private',
    ]);
  });
});
