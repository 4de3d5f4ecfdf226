import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test.each(['../../src/index.ts', '../../src/profile/index.ts'])(
  '%s bundles for a browser within 35 KB',
  async (entry) => {
    const result = await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      bundle: true,
      write: false,
      minify: true,
      metafile: true,
      platform: 'browser',
      // The form of a classic worker, which has neither imports nor top-level await.
      format: 'iife',
      globalName: 'mls',
      logLevel: 'silent',
    });
    expect(result.warnings).toEqual([]);
    expect(Object.keys(result.metafile.inputs).filter((path) => /ts-mls|@hpke/.test(path))).toEqual([]);
    const [output] = result.outputFiles;
    if (output === undefined) throw new Error('no output');
    expect(output.text).not.toMatch(/(?:import|require)\(["']/);
    expect(gzipSync(output.contents).length).toBeLessThan(35_000);
  },
);
