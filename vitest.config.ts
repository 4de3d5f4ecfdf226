import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { runes } from './apps/web/plugins/runes.ts';

export default defineConfig({
  plugins: [runes()],
  test: {
    // Tests that need a server in a process of its own run what ships.
    globalSetup: 'scripts/before-tests.mjs',
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'bench/**/*.test.ts', 'crash/**/*.test.ts'],
    // Many tests wait for servers and clocks: two at a time, also where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
