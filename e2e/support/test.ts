import { type BrowserContextOptions, test as base, type TestInfo } from '@playwright/test';
import { Guard } from './guard.ts';
import { Network } from './network.ts';
import { Person } from './person.ts';
import { type ServerOptions, TestServer } from './test-server.ts';

export { expect } from '@playwright/test';
export { lostConnection } from './guard.ts';
export { Person, password } from './person.ts';

interface PersonOptions extends BrowserContextOptions {
  /** The browser of another person or of nobody yet is empty; signing up is the default. */
  readonly signUp?: boolean;
}

interface Options {
  /** What this test's server is started with. */
  serverOptions: ServerOptions;
  /** A server for this test alone, with nobody in it. Otherwise the tests of a file share one. */
  ownServer: boolean;
}

interface Fixtures {
  server: TestServer;
  /** A new person with a browser of their own, in the lobby. Names get a number where they are taken already. */
  person(name: string, options?: PersonOptions): Promise<Person>;
  /** A network that can be cut, for one person: `person('alice', { proxy: network.proxy })`. */
  network: Network;
}

/** Keeps the server of the file that runs. */
class ServerKeeper {
  #key = '';
  #server: TestServer | undefined;

  async serverOf(info: TestInfo, options: ServerOptions, own: boolean): Promise<TestServer> {
    const key = JSON.stringify([info.file, options, own ? info.testId : '']);
    if (this.#server === undefined || this.#key !== key) {
      await this.#server?.dispose();
      this.#server = await TestServer.start(options);
      this.#key = key;
    }
    return this.#server;
  }

  async dispose(): Promise<void> {
    await this.#server?.dispose();
    this.#server = undefined;
  }
}

let people = 0;

export const test = base.extend<Options & Fixtures, { keeper: ServerKeeper }>({
  serverOptions: [{}, { option: true }],
  ownServer: [false, { option: true }],

  keeper: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to know what a fixture needs
    async ({}, use) => {
      const keeper = new ServerKeeper();
      await use(keeper);
      await keeper.dispose();
    },
    { scope: 'worker' },
  ],

  server: async ({ keeper, serverOptions, ownServer }, use, info) => {
    const server = await keeper.serverOf(info, serverOptions, ownServer);
    const before = server.log.length;
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: server.log.slice(before) });
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to know what a fixture needs
  network: async ({}, use) => {
    const network = await Network.start();
    await use(network);
    await network.close();
  },

  person: async ({ browser, server, contextOptions }, use) => {
    const made: Person[] = [];
    await use(async (name, { signUp = true, ...options } = {}) => {
      people += 1;
      const context = await browser.newContext({ ...contextOptions, ...options, baseURL: server.origin });
      const guard = new Guard(context, server.origin, name);
      const person = new Person(`${name}${people}`, context, await context.newPage(), guard);
      made.push(person);
      if (signUp) await person.signUp();
      return person;
    });
    const problems = made.flatMap(({ guard }) => guard.problems);
    await Promise.all(made.map(({ context }) => context.close()));
    if (problems.length > 0) throw new Error(`What must never happen did:\n${problems.join('\n')}`);
  },
});
