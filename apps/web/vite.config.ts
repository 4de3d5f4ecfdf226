import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Where `pnpm dev` finds the server's API and socket. */
const apiOrigin = process.env['UNDERTONE_API'] ?? 'http://localhost:3000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte()],
  build: {
    target: 'es2023',
    // `light-dark()` carries both themes; a lower target would unroll it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      // Schemas and tables only: a page that needs no frames loads no msgpack.
      treeshake: { moduleSideEffects: [{ test: /packages[\\/]protocol[\\/]src/, sideEffects: false }] },
      output: {
        // One chunk, so that zod is told not to probe for `eval` (which the CSP reports) before the first schema is made.
        codeSplitting: {
          groups: [
            { name: 'wire', test: /zod-without-eval|[\\/]node_modules[\\/]zod[\\/]|packages[\\/]protocol[\\/]/ },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  // Found late (in lazy chunks), they would reload the page while one works on it.
  optimizeDeps: { include: ['bits-ui', 'virtua/svelte', 'marked'] },
  server: { proxy: { '/api': { target: apiOrigin, ws: true } } },
});
