/** The test suites: each runs as a process of its own and is counted from its JSON report. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { generate } from './generate.mjs';
import { root } from './stamp.mjs';

export const reports = join(root, 'test-results');

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @param {string} file @returns {any} */
const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/** @param {string} name @param {string} bin @param {string[]} args */
function run(name, bin, args) {
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  return spawnSync(process.execPath, [join(folder, bin), ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

/** A suite that failed without counting a failure (it did not even begin, or ended badly) counts as one. */
const atLeastOne = (/** @type {number} */ status, /** @type {Counts} */ counts) =>
  status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };

/** Unit and whole-app tests. @returns {Counts} */
export function runVitest() {
  generate();
  mkdirSync(reports, { recursive: true });
  const file = join(reports, 'unit.json');
  rmSync(file, { force: true });
  const status = run('vitest', 'vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile=${file}`]);
  const report = readReport(file);
  return atLeastOne(status, {
    passed: report?.numPassedTests ?? 0,
    failed: report?.numFailedTests ?? 0,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  });
}

/** Browser tests, where there are some. @returns {Promise<Counts>} */
export async function runPlaywright() {
  const none = { passed: 0, failed: 0, skipped: 0 };
  if (!readdirSync(join(root, 'e2e')).some((name) => /\.(spec|test)\.ts$/.test(name))) return none;
  const problem = await ensureChromium();
  if (problem) {
    console.error(problem);
    return { ...none, failed: 1 };
  }
  const file = join(reports, 'e2e.json');
  rmSync(file, { force: true });
  const status = run('@playwright/test', 'cli.js', ['test']);
  const { stats } = readReport(file) ?? {};
  return atLeastOne(status, {
    passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    failed: stats?.unexpected ?? 0,
    skipped: stats?.skipped ?? 0,
  });
}

/** @param {readonly Counts[]} all */
export function sentence(all) {
  /** @param {keyof Counts} key */
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
