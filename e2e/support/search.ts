import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All files under a folder, by path. */
export async function filesUnder(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path, await readFile(path));
  }
  return files;
}

/** What `bytes` could be written as: as they are, in hexadecimal, in both kinds of base64. */
export function formsOf(bytes: Buffer): Buffer[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const base64url = bytes.toString('base64url');
  return [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(base64), Buffer.from(base64url)];
}

/** Texts as UTF-8 and UTF-16 besides. */
export const textForms = (text: string): Buffer[] => [...formsOf(Buffer.from(text)), Buffer.from(text, 'utf16le')];

const base64Run = /[A-Za-z0-9_+/-]{16,}/g;

/** `bytes`, and what stands in them as base64: inside of a longer value, a secret's own base64 may begin at another bit. */
export function unfolded(bytes: Buffer): Buffer[] {
  const runs = bytes.toString('latin1').match(base64Run) ?? [];
  return [bytes, ...runs.map((run) => Buffer.from(run, 'base64'))];
}

/** Which of the needles (by name) stand where (by name). */
export function found(
  needles: ReadonlyMap<string, readonly Buffer[]>,
  haystack: Iterable<readonly [string, Buffer]>,
): string[] {
  const hits: string[] = [];
  for (const [place, bytes] of haystack) {
    for (const [name, forms] of needles) {
      if (forms.some((form) => bytes.includes(form))) hits.push(`${name} in ${place}`);
    }
  }
  return hits;
}
