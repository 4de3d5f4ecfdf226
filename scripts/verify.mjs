/** `pnpm verify`: the whole gate. `--static` leaves the tests out. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { generate } from './generate.mjs';
import { root } from './stamp.mjs';
import { runPlaywright, runVitest, sentence } from './suites.mjs';

/** The longest first: each takes one core, and two are done at a time. */
const checks = [
  ['types', 'tsc --noEmit'],
  ['svelte', 'svelte-check --workspace apps/web --tsconfig ./tsconfig.json --fail-on-warnings'],
  ['format and lint', 'biome check --error-on-warnings .'],
  ['unused', 'knip'],
  ['levels', 'depcruise --config .dependency-cruiser.cjs packages apps/server/src apps/web/src'],
];

generate();
const bin = join(root, 'node_modules', '.bin');
/** @type {{ name: string, ok: boolean }[]} */
const results = [];

/** @param {string} name @param {string} command */
async function check(name, command) {
  const [program = '', ...args] = command.split(' ');
  const shell = process.platform === 'win32';
  const child = spawn(join(bin, program), args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const ok = (await ended) === 0;
  console.log(`\n> ${name}: ${command}\n${out}${err}`);
  results.push({ name, ok });
}

async function worker() {
  for (let next = checks.shift(); next; next = checks.shift()) await check(next[0] ?? '', next[1] ?? '');
}
await Promise.all([worker(), worker()]);

let last = '';
if (!process.argv.includes('--static')) {
  const unit = runVitest();
  const browser = await runPlaywright();
  results.push({ name: 'unit and whole-app tests', ok: unit.failed === 0 });
  results.push({ name: 'browser tests', ok: browser.failed === 0 });
  last = sentence([unit, browser]);
}

console.log('');
for (const { name, ok } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}`);
if (last) console.log(last);
process.exit(results.every(({ ok }) => ok) ? 0 : 1);
