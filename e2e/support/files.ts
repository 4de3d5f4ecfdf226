import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Locator, test } from '@playwright/test';
import type { Person } from './person.ts';
import type { TestServer } from './test-server.ts';

export interface SentFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export const textFile = (name: string, text: string): SentFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
});

/** Large ones lie on the disk, where the browser reads them itself. */
async function onDisk(files: readonly SentFile[]): Promise<string[]> {
  const paths = files.map(({ name }) => test.info().outputPath(name));
  await Promise.all(files.map(({ buffer }, i) => writeFile(paths[i] ?? '', buffer)));
  return paths;
}

/** Choose files; the dialog with them opens. */
export async function choose(one: Person, ...files: readonly SentFile[]): Promise<void> {
  const large = files.some(({ buffer }) => buffer.length > 1024 * 1024);
  await one.page.getByLabel('Files', { exact: true }).setInputFiles(large ? await onDisk(files) : [...files]);
  await expect(one.dialog).toBeVisible();
}

/** Send what the dialog shows. */
export async function sendChosen(one: Person, caption = ''): Promise<void> {
  if (caption !== '') await one.dialog.getByRole('textbox', { name: 'Caption' }).fill(caption);
  await one.dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(one.dialog).toHaveCount(0);
}

export async function send(one: Person, ...files: readonly SentFile[]): Promise<void> {
  await choose(one, ...files);
  await sendChosen(one);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The card of a file, with how it stands: `File`, `Offered file`, `File on its way` … */
export const card = (one: Person, name: string, state = '[^:]*'): Locator =>
  one.log.getByRole('group', { name: new RegExp(`^${state}: ${escaped(name)}$`) });

/** Save a file; what it is called on the disk, and its bytes. */
export async function save(one: Person, file: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    one.page.waitForEvent('download'),
    file.getByRole('button', { name: 'Save' }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** The stored files of a server, ciphertext all. */
export async function storedFiles(server: TestServer): Promise<string[]> {
  const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A drop or a paste of files, as the browser would tell the page of it. */
export async function give(one: Person, event: 'dragenter' | 'drop' | 'paste', file: SentFile): Promise<void> {
  await one.page.evaluate(
    ([type, name, mimeType, base64]) => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: mimeType }));
      const options = { bubbles: true, cancelable: true };
      const target = document.querySelector('[data-composer]') ?? document.body;
      target.dispatchEvent(
        type === 'paste'
          ? new ClipboardEvent(type, { ...options, clipboardData: data })
          : new DragEvent(type, { ...options, dataTransfer: data }),
      );
    },
    [event, file.name, file.mimeType, file.buffer.toString('base64')] as const,
  );
}
