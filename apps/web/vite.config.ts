import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { hashes } from './plugins/hashes.ts';
import { integrity } from './plugins/integrity.ts';
import { offlineShell } from './plugins/offline-shell.ts';
import { zodWithoutJsonSchema } from './plugins/zod-without-json-schema.ts';

const here = import.meta.dirname;
/** Where `pnpm dev` finds the server's API and socket. */
const apiOrigin = process.env.UNDERTONE_API ?? 'http://localhost:3000';

/** Modules of the workspace's packages only define things: what nobody uses is left out (the pages need no msgpack). */
const treeshake = { moduleSideEffects: [{ test: /\/packages\/[^/]+\/src\//, sideEffects: false }] };

export default defineConfig({
  root: here,
  plugins: [svelte(), zodWithoutJsonSchema(), integrity(), offlineShell(), hashes()],
  build: {
    target: 'es2023',
    // `light-dark()` carries both themes; a lower target would unroll it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // Which chunk imports which, for scripts/bundle-size.mjs.
    manifest: true,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      treeshake,
      input: { index: resolve(here, 'index.html'), sw: resolve(here, 'src/service-worker.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // Left to itself the bundler cuts bits-ui's dialog into many small files, which compress badly. A group takes along what its modules
        // import, so Svelte, which every page needs, is a group before it.
        codeSplitting: {
          groups: [
            { name: 'svelte', test: /[\\/]node_modules[\\/](?:svelte|esm-env|clsx)[\\/]/, priority: 2 },
            { name: 'dialog', test: /[\\/]bits-ui[\\/]dist[\\/]bits[\\/]dialog[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: 'es', plugins: () => [zodWithoutJsonSchema()], rolldownOptions: { treeshake } },
  // Found late (in lazy chunks), they would reload the page while one works on it.
  optimizeDeps: { include: ['bits-ui', 'virtua/svelte', 'marked'] },
  server: { proxy: { '/api': { target: apiOrigin, ws: true } } },
});
