/** A Chromium for the browser tests: an installed one, else Playwright's, else Debian's. Run by itself, it gets one. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

/** @param {string} command @param {string[]} args */
const succeeds = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0;

async function installedByPlaywright() {
  const { chromium } = await import('@playwright/test');
  return existsSync(chromium.executablePath());
}

/** Make sure that there is a browser. Returns the sentence that says what to do where none can be had. */
export async function ensureChromium() {
  const { findChromium } = await tsImport('../e2e/support/chromium.ts', import.meta.url);
  const found = async () => findChromium() !== undefined || (await installedByPlaywright());
  if (await found()) return undefined;

  console.error('No Chrome or Chromium is installed; getting one.');
  const playwright = dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json'));
  if (succeeds(process.execPath, [join(playwright, 'cli.js'), 'install', 'chromium']) && (await found()))
    return undefined;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    succeeds('apt-get', ['update', '-qq']);
    if (succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']) && (await found()))
      return undefined;
  }
  return 'The browser tests need Chrome or Chromium. Install one (Debian: apt-get install chromium), or name it in CHROME_PATH.';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = await ensureChromium();
  if (problem) {
    console.error(problem);
    process.exit(1);
  }
}
