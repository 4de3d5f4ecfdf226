import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('a browser bundle needs no optional package, no alias, no top-level await', async () => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
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
  const inputs = Object.keys(result.metafile.inputs);
  expect(
    inputs.filter((path) => /@noble|chacha|x-wing|ml-kem|dhkem-x448/.test(path.split('node_modules/').at(-1) ?? '')),
  ).toEqual([]);
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('no output');
  // @hpke/common asks Node's `crypto` where there is no WebCrypto: never in a browser, and bundlers know what to do with it.
  const dynamic = [...output.text.matchAll(/(?:import|require)\((["'][^"']*["'])\)/g)].map(
    ([, specifier]) => specifier,
  );
  expect(new Set(dynamic)).toEqual(new Set(dynamic.length > 0 ? ['"crypto"'] : []));
  expect(gzipSync(output.contents).length).toBeLessThan(60_000);
});
