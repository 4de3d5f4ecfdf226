import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Plugin } from 'vite';

/**
 * After the build: `hashes.json` with the SHA-256 of every file, so that anybody can compare what a server delivers with what the
 * source builds to. (The compressed copies are made after this, by scripts/build-web.mjs.)
 */
export function hashes(): Plugin {
  let folder = '';
  let failed = false;
  return {
    name: 'undertone-hashes',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    buildEnd(error) {
      failed = error !== undefined;
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        // Nothing was written, and the build's own error is the one to show.
        if (failed) return;
        const list: Record<string, string> = {};
        for (const file of await filesIn(folder)) {
          const name = relative(folder, file);
          if (!name.startsWith('.')) list[name] = sha256(await readFile(file));
        }
        await writeFile(join(folder, 'hashes.json'), `${JSON.stringify(list, null, 2)}\n`);
      },
    },
  };
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
