import { createHash } from 'node:crypto';
import type { Plugin, Rolldown } from 'vite';

/** In src/service-worker.ts: replaced by the version and the files. */
const placeholder = '__UNDERTONE_SHELL__';
const pages = /\/src\/pages\/(?:chat|not-found)\//;
const publicFiles = ['/', '/theme.js', '/favicon.svg', '/favicon-unread.svg', '/manifest.webmanifest', '/icon-192.png'];

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset;

/**
 * Tells the service worker which files make up the app without a network: the entry, the chat with all its dialogs, the core's
 * worker, style sheets and fonts. What only sign-up, sign-in and settings need is left out: they need the server anyway.
 */
export function offlineShell(): Plugin {
  return {
    name: 'undertone-offline-shell',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = Object.values(bundle).find((output) => output.fileName === 'sw.js');
        if (worker?.type !== 'chunk' || !worker.code.includes(placeholder))
          throw new Error('offline-shell: no service worker');
        const files = shellFiles(bundle);
        const version = createHash('sha256');
        for (const name of Object.keys(bundle).sort()) {
          const output = bundle[name];
          if (output && output !== worker) version.update(name).update(contentOf(output));
        }
        const shell = JSON.stringify({
          version: version.digest('hex').slice(0, 16),
          files: [...publicFiles, ...files],
        });
        worker.code = worker.code.replace(new RegExp(`(["'\`])${placeholder}\\1`), JSON.stringify(shell));
      },
    },
  };
}

const contentOf = (output: Output): string | Uint8Array => (output.type === 'chunk' ? output.code : output.source);

function shellFiles(bundle: Rolldown.OutputBundle): string[] {
  const found = new Set<string>();
  const visit = (name: string, dynamic: boolean): void => {
    const output = bundle[name];
    if (!output || found.has(name)) return;
    found.add(name);
    if (output.type !== 'chunk') return;
    for (const one of output.imports) visit(one, dynamic);
    if (dynamic) for (const one of output.dynamicImports) visit(one, true);
  };
  for (const output of Object.values(bundle)) {
    if (output.type !== 'chunk') {
      // Style sheets are small, and the worker is an asset to the page's build. Other scripts than Latin fall back to the system's.
      if (/\.(?:css|js)$|inter-latin.*\.woff2$/.test(output.fileName)) found.add(output.fileName);
    } else if (output.facadeModuleId && pages.test(output.facadeModuleId)) visit(output.fileName, true);
    else if (/\/src\/(?:core\/connect-core|state\/chat-state\.svelte)\.ts$/.test(output.facadeModuleId ?? '')) {
      visit(output.fileName, true);
    } else if (output.isEntry && output.fileName !== 'sw.js') visit(output.fileName, false);
  }
  return [...found].sort().map((name) => `/${name}`);
}
