/** The web app by vite, and beside every compressible file its .br and .gz, which the server sends as they are. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';

const web = join(root, 'apps', 'web');
const dist = join(web, 'dist');
const inputs = [
  'apps/web',
  'packages/protocol/src',
  'packages/mls/src',
  'packages/identity/src',
  'packages/vault/src',
  'packages/client/src',
  'patches',
  'pnpm-lock.yaml',
  'scripts/build-web.mjs',
];
const compressible = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.wasm', '.webmanifest']);
const minBytes = 1024;

/** @param {string} folder */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) compress(path);
    else if (compressible.has(extname(name)) && statSync(path).size >= minBytes) {
      const data = readFileSync(path);
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
      writeFileSync(`${path}.br`, brotliCompressSync(data, { params }));
      writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
    }
  }
}

/** Build unless there is a build of the same inputs, or no web app to build. Returns whether it built. */
export function buildWeb() {
  if (!existsSync(join(web, 'vite.config.ts'))) return false;
  const hash = hashOf(inputs);
  if (readStamp('web') === hash && existsSync(join(dist, 'index.html'))) return false;
  const vite = dirname(createRequire(join(web, 'package.json')).resolve('vite/package.json'));
  const { status } = spawnSync(process.execPath, [join(vite, 'bin', 'vite.js'), 'build', '--logLevel', 'error'], {
    cwd: web,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error('vite build failed');
  compress(dist);
  writeStamp('web', hash);
  return true;
}
