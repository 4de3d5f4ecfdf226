/** Generate the Prisma client. Its engine is not used for that, so none is downloaded: any existing file passes for it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';

const inputs = ['prisma/schema.prisma', 'prisma.config.ts', 'pnpm-lock.yaml', 'scripts/generate.mjs'];

/** Generate the client unless it is there and its inputs are as they were. */
export function generate() {
  const hash = hashOf(inputs);
  if (readStamp('prisma') === hash && existsSync(join(root, 'apps/server/src/generated/prisma/client.ts'))) return;
  const cli = join(dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build', 'index.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'generate'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  });
  if (status !== 0) throw new Error(`prisma generate failed\n${stdout}${stderr}`);
  writeStamp('prisma', hash);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generate();
