import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { InstalledCoreCrypto } from '@undertone/mls/testing';
import { build } from 'esbuild';

const mls = path.resolve('packages/mls');

/** A script for browsers. Node's modules are left out: what asks for them is not called there. */
export async function bundle(contents: string, resolveDir = mls): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['node:*', 'crypto'],
    logLevel: 'error',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild made nothing');
  return output.contents;
}

const gzipKB = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length / 1000;

/** What a browser loads, in KB after gzip. */
export interface BundleSizes {
  readonly engine: number;
  readonly profile: number;
  readonly tsMls: number;
  readonly coreCrypto: number | undefined;
}

export async function bundleSizes(coreCrypto: InstalledCoreCrypto | undefined): Promise<BundleSizes> {
  const [engine, profile, tsMls] = await Promise.all([
    bundle("export * from './src/index.ts';"),
    bundle("export * from './src/profile/index.ts';"),
    bundle("export * from './testing/ts-mls-peer.ts';"),
  ]);
  const files = coreCrypto && (await Promise.all([coreCrypto.script, coreCrypto.wasm].map((file) => readFile(file))));
  return {
    engine: gzipKB(engine),
    profile: gzipKB(profile),
    tsMls: gzipKB(tsMls),
    coreCrypto: files?.reduce((sum, file) => sum + gzipKB(file), 0),
  };
}
