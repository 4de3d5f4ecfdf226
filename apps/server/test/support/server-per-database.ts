import { afterAll, beforeAll, describe } from 'vitest';
import { startTestServer, type TestServer, type TestServerOptions } from '../../src/testing/start-test-server.ts';
import { databases } from './databases.ts';

/** Run a suite on a server per kind of database; where a kind cannot be had, its suite is skipped, visibly. */
export function onEachDatabase(
  title: string,
  suite: (server: () => TestServer) => void,
  options: Omit<TestServerOptions, 'database'> = {},
): void {
  for (const { name, available, create } of databases) {
    describe.skipIf(!available)(`${title} on ${name}`, () => {
      let server: TestServer | undefined;
      let drop = async (): Promise<void> => {};
      beforeAll(async () => {
        const database = await create();
        drop = database.drop;
        server = await startTestServer({ ...options, database: database.location });
      });
      afterAll(async () => {
        await server?.close();
        await drop();
      });
      suite(() => {
        if (!server) throw new Error('the server did not start');
        return server;
      });
    });
  }
}
