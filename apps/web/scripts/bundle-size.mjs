#!/usr/bin/env node
// The JavaScript that a browser loads at first for the sign-up page (all that the form loads while it is filled in, too) and for the chat
// with the core's worker: gzip. What the chat loads when it is first used (picker, search, viewers) is counted apart. Fails above the
// budgets. Run after the build.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = join(import.meta.dirname, '../dist');
const budgets = { '/signup': 100 * 1024, chat: 250 * 1024 };

const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
const gzipBytes = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** Chunks reached from `start`; dynamic imports are followed from pages, not from the entry (which names every page). */
function reach(start, followDynamic, found = new Set()) {
  const chunk = manifest[start];
  if (!chunk || found.has(start)) return found;
  found.add(start);
  for (const next of chunk.imports ?? []) reach(next, followDynamic, found);
  if (followDynamic && !chunk.isEntry) for (const next of chunk.dynamicImports ?? []) reach(next, true, found);
  return found;
}

const filesOf = (keys) => [...keys].map((key) => manifest[key].file).filter((file) => file.endsWith('.js'));
const entry = reach('index.html', false);
const page = (...starts) => starts.reduce((found, start) => reach(start, true, found), new Set());
const shell = ['src/pages/chat/ChatPage.svelte', 'src/core/connect-core.ts', 'src/state/chat-state.svelte.ts'];
const workers = readdirSync(join(dist, 'assets'))
  .filter((name) => /^worker-.*\.js$/.test(name))
  .map((name) => `assets/${name}`);
for (const start of [
  'src/pages/sign-up/SignUpPage.svelte',
  'src/pages/chat/ChatPage.svelte',
  'src/core/connect-core.ts',
]) {
  if (!manifest[start]) throw new Error(`bundle-size: ${start} is not in the build`);
}
if (workers.length !== 1) throw new Error(`bundle-size: expected one worker, found ${workers.length}`);

const sets = {
  '/signup': new Set(['theme.js', ...filesOf(entry), ...filesOf(page('src/pages/sign-up/SignUpPage.svelte'))]),
  chat: new Set([
    'theme.js',
    'sw.js',
    ...filesOf(entry),
    ...filesOf(shell.reduce((found, start) => reach(start, false, found), new Set())),
    ...workers,
  ]),
};

const later = new Set(filesOf(page(...shell)).filter((file) => !sets.chat.has(file)));
let over = false;
for (const [name, files] of Object.entries(sets)) {
  const sizes = [...files].map((file) => ({ file, bytes: gzipBytes(file) })).sort((a, b) => b.bytes - a.bytes);
  const sum = sizes.reduce((total, { bytes }) => total + bytes, 0);
  const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(6);
  process.stdout.write(`${name}: ${kib(sum)} KiB of ${budgets[name] / 1024} KiB (gzip, ${files.size} files)\n`);
  for (const { file, bytes } of process.argv.includes('--files') ? sizes : sizes.slice(0, 5))
    process.stdout.write(`  ${kib(bytes)}  ${file}\n`);
  over ||= sum > budgets[name];
}
const laterKiB = [...later].reduce((sum, file) => sum + gzipBytes(file), 0) / 1024;
process.stdout.write(`chat, when it is first used: ${laterKiB.toFixed(1)} KiB in ${later.size} files\n`);
if (over) {
  process.stderr.write('bundle-size: over budget\n');
  process.exitCode = 1;
}
