import { compileModule } from 'svelte/compiler';
import type { Plugin } from 'vite';

/** State in `.svelte.ts` files, for tests of it that need no page. Vite has taken the types out before. */
export function runes(): Plugin {
  return {
    name: 'undertone:runes',
    enforce: 'post',
    transform(code, id) {
      const [filename = ''] = id.split('?');
      if (!filename.endsWith('.svelte.ts')) return undefined;
      const { js } = compileModule(code, { filename, generate: 'client', dev: true });
      return { code: js.code, map: js.map };
    },
  };
}
