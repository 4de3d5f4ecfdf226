import type { Plugin } from 'vite';

const modules = /\/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/;

/**
 * zod's schema classes refer to its JSON Schema writer, so no bundler can leave it out. The app writes none: each export of these two
 * modules becomes an empty function (6 KB less for every bundle with zod in it).
 */
export function zodWithoutJsonSchema(): Plugin {
  let seen = 0;
  return {
    name: 'undertone-zod-without-json-schema',
    apply: 'build',
    transform: {
      filter: { id: modules },
      handler(code) {
        const names = [...code.matchAll(/^export (?:const|(?:async )?function|class) (\w+)/gm)].map(
          (match) => match[1],
        );
        if (names.length === 0) throw new Error('zod-without-json-schema: zod is built otherwise now');
        seen += 1;
        return { code: names.map((name) => `export const ${name} = () => undefined;`).join('\n'), map: null };
      },
    },
    buildEnd(error) {
      // A worker may have no zod in it at all.
      const hasZod = [...this.getModuleIds()].some((id) => id.includes('/zod/v4/core/'));
      if (!error && hasZod && seen === 0)
        throw new Error('zod-without-json-schema: nothing to replace; drop this plugin');
    },
  };
}
