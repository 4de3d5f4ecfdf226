/** Build what is not built yet, or whose inputs have changed: the Prisma client, the server, the web app. */
import { fileURLToPath } from 'node:url';
import { buildServer } from './build-server.mjs';
import { buildWeb } from './build-web.mjs';

/** @param {(line: string) => void} say */
export async function buildAll(say) {
  if (await buildServer()) say('Built the server.');
  if (buildWeb()) say('Built the web app.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll((line) => console.log(line));
