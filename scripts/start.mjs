/** `pnpm start`: build what is stale, then be the server. Arguments, signals and the console are the server's own. */
import { buildAll } from './build.mjs';

await buildAll((line) => console.error(line));
await import('../apps/server/dist/main.js');
