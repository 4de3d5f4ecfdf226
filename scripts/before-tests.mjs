import { buildServer } from './build-server.mjs';

/** What vitest's tests need that is made from the sources: the server's bundle, for those that run it in a process of its own. */
export async function setup() {
  await buildServer();
}
