import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const sha384 = (content: string | Uint8Array): string =>
  `sha384-${createHash('sha384').update(content).digest('base64')}`;

/**
 * Subresource integrity for every script and style sheet that index.html names. Fails the build when it cannot find one. It
 * runs last: Vite still writes into the chunks (the lists of what to preload) after the page is made.
 */
export function integrity(): Plugin {
  let publicDir = '';
  return {
    name: 'undertone-integrity',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const page = bundle['index.html'];
        if (page?.type !== 'asset') throw new Error('integrity: no index.html');
        const contentOf = (path: string): string | Uint8Array => {
          const output = bundle[path.slice(1)];
          if (output) return output.type === 'chunk' ? output.code : output.source;
          const file = join(publicDir, path);
          if (existsSync(file)) return readFileSync(file);
          throw new Error(`integrity: no content for ${path}`);
        };
        page.source = String(page.source).replace(/<(?:script|link)\b[^>]*>/g, (tag) => {
          const path = /\b(?:src|href)="(\/[^"]+)"/.exec(tag)?.[1];
          if (!path || (tag.startsWith('<link') && !/rel="(?:stylesheet|modulepreload)"/.test(tag))) return tag;
          return tag.replace(/^<\w+/, `$& integrity="${sha384(contentOf(path))}"`);
        });
      },
    },
  };
}
