import { expect, lostConnection, type Person, test } from './support/test.ts';

/** Room for all messages of a test: nothing is outside of the window. */
test.use({ viewport: { width: 1280, height: 2400 }, serverOptions: { product: true } });

const said = /word-\w+-\d{2}/g;
const numbers = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => String(from + i).padStart(2, '0'));

/** Everyone sees every word once, in the same order, and each speaker's words in the order they were said. */
async function expectAllThere(everyone: readonly Person[], speakers: Record<string, readonly string[]>): Promise<void> {
  const words = Object.entries(speakers).flatMap(([name, list]) => list.map((n) => `word-${name}-${n}`));
  for (const one of everyone) {
    await expect.poll(async () => (await one.shown(said)).sort(), { timeout: 30_000 }).toEqual([...words].sort());
    await expect(one.log.getByText('Sending …')).toHaveCount(0, { timeout: 20_000 });
  }
  const orders = await Promise.all(everyone.map((one) => one.shown(said)));
  for (const order of orders) {
    expect(order).toEqual(orders[0]);
    for (const [name, list] of Object.entries(speakers)) {
      expect(order.filter((word) => word.startsWith(`word-${name}-`))).toEqual(list.map((n) => `word-${name}-${n}`));
    }
  }
}

async function writeAll(one: Person, words: readonly string[]): Promise<void> {
  for (const word of words) await one.write(word);
}

const wordsOf = (name: string, list: readonly string[]): string[] => list.map((n) => `word-${name}-${n}`);

test.describe('nothing is lost, nothing comes twice, the order stays', () => {
  test('over a reload in the middle of sending', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await writeAll(alice, wordsOf('a', numbers(8)));
    await alice.page.reload();
    await alice.arrive();
    await expectAllThere([alice, bob], { a: numbers(8) });
    await bob.page.reload();
    await bob.arrive();
    await expectAllThere([alice, bob], { a: numbers(8) });
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`over restarts of the server by ${signal} while two are writing`, async ({ person, server }) => {
      test.setTimeout(120_000);
      const alice = await person('alice');
      const bob = await person('bob');
      for (const one of [alice, bob]) one.guard.expect(lostConnection);
      await alice.startThread(bob);
      await bob.openThread(alice.name);
      for (const round of [0, 1]) {
        const some = numbers(8, round * 8);
        await Promise.all([
          writeAll(alice, wordsOf('a', some)),
          writeAll(bob, wordsOf('b', some)),
          server.end(signal).then(async () => {
            await expect(alice.connection).toHaveText(/Offline|Connecting/);
            await server.launch();
          }),
        ]);
        await Promise.all([alice.online(), bob.online()]);
      }
      await expectAllThere([alice, bob], { a: numbers(16), b: numbers(16) });
    });
  }

  test('what is written while the server is away is sent when it is back, even over a reload', async ({
    person,
    server,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    for (const one of [alice, bob]) one.guard.expect(lostConnection);
    await alice.startThread(bob);
    await bob.openThread(alice.name);
    await alice.say('word-c-00');
    await server.end('SIGTERM');
    await expect(alice.connection).toHaveText(/Offline/);
    await expect(alice.page.getByRole('button', { name: 'Try now' })).toBeVisible();
    await alice.write('word-c-01');
    await expect(alice.message('word-c-01')).toContainText('Sending');
    await server.launch();
    await expectAllThere([alice, bob], { c: numbers(2) });
  });
});

test.describe('without a network', () => {
  test('the connection says so; what is written waits, survives a reload, and goes out once', async ({
    person,
    network,
  }) => {
    const alice = await person('alice', { proxy: network.proxy });
    const bob = await person('bob');
    alice.guard.expect(lostConnection);
    await alice.startThread(bob);
    await bob.openThread(alice.name);
    await alice.say('word-n-00');
    network.set('pages');
    await expect(alice.connection).toHaveText(/Offline/);
    await alice.write('word-n-01');
    await alice.write('word-n-02');
    await expect(alice.message('word-n-02')).toContainText('Sending');
    await bob.say('word-m-00');

    await alice.page.reload();
    await expect(alice.message('word-n-00')).toBeVisible();
    await expect(alice.message('word-n-02')).toContainText('Sending');
    await expect(alice.connection).toHaveText(/Offline|Connecting/);
    network.set('open');
    await expectAllThere([alice, bob], { n: numbers(3), m: numbers(1) });
  });
});
