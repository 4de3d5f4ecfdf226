import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { plot } from './plot.ts';
import type { MlsResult } from './result.ts';
import { measureMls } from './run.ts';
import { markdown } from './table.ts';

const folder = path.resolve('docs/performance');

async function record(result: MlsResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  const page = `# The group engine, measured\n\n![Operations by engine and size of group](mls.svg)\n\n${markdown(result)}\n`;
  await Promise.all([
    writeFile(path.join(folder, 'mls.json'), `${JSON.stringify(result, null, 2)}\n`),
    writeFile(path.join(folder, 'mls.svg'), plot(result)),
    writeFile(path.join(folder, 'mls.md'), page),
  ]);
  await promisify(execFile)('biome', ['format', '--write', folder]);
}

/** `pnpm bench mls [--record]`: our engine, ts-mls and core-crypto in turn; with `--record`, into docs/performance. */
export async function benchMls(recording: boolean): Promise<void> {
  const result = await measureMls();
  console.log(markdown(result));
  if (recording) await record(result);
}
