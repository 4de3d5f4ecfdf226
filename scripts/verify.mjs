/** `pnpm verify`: the whole gate, one check after the other. `--static` leaves the tests out. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { generate } from './generate.mjs';
import { root } from './stamp.mjs';
import { runPlaywright, runVitest, sentence } from './suites.mjs';

const checks = [
  ['format and lint', 'biome check --error-on-warnings .'],
  ['types', 'tsc --noEmit'],
  ['svelte', 'svelte-check --workspace apps/web --tsconfig ./tsconfig.json --fail-on-warnings'],
  ['unused', 'knip'],
  ['levels', 'depcruise --config .dependency-cruiser.cjs packages apps/server/src apps/web/src'],
];

generate();
const bin = join(root, 'node_modules', '.bin');
const results = checks.map(([name, command]) => {
  console.log(`\n> ${name}: ${command}`);
  const [program = '', ...args] = command.split(' ');
  const shell = process.platform === 'win32';
  return { name, ok: spawnSync(join(bin, program), args, { cwd: root, stdio: 'inherit', shell }).status === 0 };
});

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
