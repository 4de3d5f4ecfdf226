import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const folder = path.resolve('docs/performance');
const page = path.join(folder, 'relay.md');

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.versions.node}`;

/** Put figures between the marks of a section of docs/performance/relay.md, and files beside it. */
export async function recordSection(
  section: string,
  markdown: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const [begin, end] = [`<!-- ${section} begin -->`, `<!-- ${section} end -->`];
  const text = await readFile(page, 'utf8');
  const [head, rest] = text.split(begin);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`${page} has no place for ${section}`);
  await writeFile(page, `${head}${begin}\n\n${markdown}\n\n${end}${tail}`);
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  await promisify(execFile)('biome', ['format', '--write', folder]);
}

/** A JSON file beside the page, if it is there. */
export async function recorded<T>(name: string): Promise<T | undefined> {
  const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
