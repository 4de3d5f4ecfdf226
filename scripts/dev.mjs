/** `pnpm dev`: the server restarts and the web app reloads as their sources change. One command, one Ctrl-C. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { generate } from './generate.mjs';
import { root } from './stamp.mjs';

const webPort = 5173;
const { PORT: serverPort = '3000' } = process.env;
const webOrigin = `http://localhost:${webPort}`;

generate();

/** @param {string} name @param {string} from @param {string} bin */
const cli = (name, from, bin) =>
  join(dirname(createRequire(join(root, from)).resolve(`${name}/package.json`)), ...bin.split('/'));

/** @param {string[]} args @param {string} cwd @param {Record<string, string>} env */
const run = (args, cwd, env) =>
  spawn(process.execPath, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });

const children = [
  run(
    [cli('tsx', 'package.json', 'dist/cli.mjs'), 'watch', '--clear-screen=false', 'apps/server/src/main.ts'],
    root,
    // Pages come from vite, so their origin is vite's.
    { PORT: serverPort, PUBLIC_ORIGIN: webOrigin },
  ),
  run(
    [
      cli('vite', 'apps/web/package.json', 'bin/vite.js'),
      '--port',
      String(webPort),
      '--strictPort',
      '--clearScreen',
      'false',
    ],
    join(root, 'apps', 'web'),
    { UNDERTONE_API: `http://127.0.0.1:${serverPort}` },
  ),
];

let ending = false;
/** @param {number} code */
function end(code) {
  if (ending) return;
  ending = true;
  for (const child of children) child.kill('SIGTERM');
  const gone = children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve)));
  void Promise.all(gone).then(() => process.exit(code));
}
for (const child of children) child.once('exit', (code) => end(code ?? 1));
process.on('SIGINT', () => end(0));
process.on('SIGTERM', () => end(0));
console.log(`\nOpen ${webOrigin}\n`);
