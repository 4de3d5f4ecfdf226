import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildPopulatedGroup } from '@undertone/mls/testing';
import { encodeGroup } from './group-json.ts';

/** To be raised when what `buildPopulatedGroup` makes changes. */
const version = 1;

/**
 * A populated group as JSON, built once per machine: it takes a minute for 10,000 members. It contains private keys, of nobody.
 */
export async function populatedGroupJson(members: number): Promise<string> {
  const folder = path.join(tmpdir(), 'undertone-bench-mls');

  const file = path.join(folder, `group-${members}-v${version}.json`);
  const cached = await readFile(file, 'utf8').catch(() => undefined);
  if (cached !== undefined) return cached;
  console.log(`  building a group of ${members} …`);
  const json = encodeGroup(await buildPopulatedGroup(members));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.part`, json, { mode: 0o600 });
  await rename(`${file}.part`, file);
  return json;
}
