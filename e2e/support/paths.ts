import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A data folder as a first start leaves it. Servers begin with a copy: making the database anew takes seconds. */
export const templateDir = join(root, 'node_modules/.cache/undertone-e2e/data');

/** `server-process.ts` as one file, which starts faster; in `apps/server`, where the npm packages are found. */
export const cheapServer = join(root, 'apps/server/node_modules/.cache/e2e-server.js');
