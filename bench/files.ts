import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { launchProfile, signUpIn } from './browser.ts';
import { plainFiles } from './plain-files.ts';
import type { Figure } from './result.ts';
import { residentMiB, withServer } from './server.ts';

const megabyte = 1024 * 1024;
/** `FILE_MIB`: another size of the file, in MiB. */
const sizeMiB = Number(process.env.FILE_MIB ?? 1024);
const patienceMs = 10 * 60_000;

async function makeFile(file: string): Promise<void> {
  const handle = await open(file, 'w');
  for (let i = 0; i < sizeMiB; i++) await handle.write(randomBytes(megabyte));
  await handle.close();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** The resident memory of each page of profiles in `folder`, in MiB by process: workers live in the processes of their pages. */
async function pagesMiB(folder: string): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const each = pids.map(async (pid) => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const isPage = command.includes('--type=renderer') && command.includes(folder);
    const mib = isPage ? await residentMiB(pid).catch(() => 0) : 0;
    return [pid, mib] as const;
  });
  return new Map((await Promise.all(each)).filter(([, mib]) => mib > 0));
}

/** How much the page that grows most does so while `act` runs, and how long it takes. */
async function watched(folder: string, act: () => Promise<void>): Promise<{ ms: number; grewMiB: number }> {
  const before = await pagesMiB(folder);
  let grewMiB = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      // A process that was not there before is a spare one of the browser's, with no page in it yet.
      for (const [pid, mib] of await pagesMiB(folder)) grewMiB = Math.max(grewMiB, mib - (before.get(pid) ?? mib));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const startedAt = performance.now();
  await act();
  const ms = performance.now() - startedAt;
  over = true;
  await watching;
  return { ms, grewMiB };
}

async function plain(context: BrowserContext, file: string): Promise<number> {
  const server = await plainFiles();
  try {
    const page = await context.newPage();
    await page.goto(server.origin);
    await page.getByLabel('File').setInputFiles(file);
    const ms = await page.evaluate(async () => {
      const startedAt = performance.now();
      const chosen = document.querySelector('input')?.files?.[0];
      await fetch('/file', { method: 'PUT', body: chosen ?? null });
      const reader = (await fetch('/file')).body?.getReader();
      // Kept where ours is kept too: a download that is thrown away is no download.
      const root = await navigator.storage.getDirectory();
      const writable = await (await root.getFileHandle('plain', { create: true })).createWritable();
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done || value === undefined) break;
        await writable.write(value);
      }
      await writable.close();
      return performance.now() - startedAt;
    });
    await page.close();
    return ms;
  } finally {
    await server.close();
  }
}

const messages = (page: Page) => page.getByRole('log', { name: 'Messages' });

/** A file from browser to browser on this machine, encrypted, verified and stored on both sides, beside a plain upload and download. */
export async function files(): Promise<Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'undertone-bench-file-'));
  const file = path.join(folder, 'file.bin');
  await makeFile(file);
  const profiles = await Promise.all(['sender', 'receiver'].map((name) => launchProfile(path.join(folder, name))));
  try {
    return await withServer(async ({ origin }) => {
      const [one, two] = profiles as [BrowserContext, BrowserContext];
      const { page: sender } = await signUpIn(one, origin, 'sender');
      const { page: receiver } = await signUpIn(two, origin, 'receiver');
      await sender.locator('input[type=file]').first().setInputFiles(file);
      const send = sender.getByRole('dialog').getByRole('button', { name: 'Send', exact: true });
      await send.waitFor();
      const download = messages(receiver).getByRole('button', { name: /^Download/ });
      const up = await watched(folder, async () => {
        await send.click();
        await download.waitFor({ timeout: patienceMs });
      });
      const save = messages(receiver).getByRole('button', { name: /^Save/ });
      const down = await watched(folder, async () => {
        await download.click();
        await save.waitFor({ timeout: patienceMs });
      });
      const saved = path.join(folder, 'saved.bin');
      const saving = await watched(folder, async () => {
        const [arrived] = await Promise.all([receiver.waitForEvent('download', { timeout: patienceMs }), save.click()]);
        await arrived.saveAs(saved);
      });
      if ((await hashOf(saved)) !== (await hashOf(file))) throw new Error('what was saved is not what was sent');
      const plainMs = await plain(two, file);
      const ms = up.ms + down.ms;
      const size = `${sizeMiB} MiB`;
      return [
        {
          name: `file of ${size}, browser to browser`,
          unit: 'ms',
          value: ms,
          budget: 2 * plainMs,
          peer: { name: 'plain upload and download', value: plainMs },
          note: `up ${Math.round(up.ms)}, down ${Math.round(down.ms)}; saving it to the disk another ${Math.round(saving.ms)}`,
        },
        {
          name: `memory of a page grows, ${size}`,
          unit: 'MiB',
          value: Math.max(up.grewMiB, down.grewMiB, saving.grewMiB),
          budget: 100,
          note: `up ${Math.round(up.grewMiB)}, down ${Math.round(down.grewMiB)}, saving ${Math.round(saving.grewMiB)}`,
        },
      ];
    });
  } finally {
    for (const profile of profiles) await profile.close();
    await rm(folder, { recursive: true, force: true });
  }
}
