/** The house's levels: a package imports lower levels only, and nobody goes round a package's entry. */
const tests = '[.]test[.]ts$|/test/|/testing/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'A page that is loaded when it is shown closes no cycle: nothing waits for it while modules load. A Svelte component may contain itself.',
      severity: 'error',
      from: { pathNot: '[.]svelte$' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'protocol-is-the-lowest',
      severity: 'error',
      from: { path: '^packages/protocol/' },
      to: { path: '^(packages/(?!protocol/)|apps/)' },
    },
    {
      name: 'mls-identity-vault-import-protocol-only',
      comment: 'Level 2. The mls package needs nobody; identity and vault do not need each other.',
      severity: 'error',
      from: { path: '^packages/(mls|identity|vault)/', pathNot: tests },
      to: { path: '^(packages/(?!protocol/)|apps/)', pathNot: '^packages/$1/' },
    },
    {
      name: 'packages-do-not-import-apps',
      comment: 'Tests may start a server.',
      severity: 'error',
      from: { path: '^packages/', pathNot: tests },
      to: { path: '^apps/' },
    },
    {
      name: 'server-imports-protocol-only',
      comment: 'It cannot decrypt, by construction.',
      severity: 'error',
      from: { path: '^apps/server/' },
      to: { path: '^(packages/(?!protocol/)|apps/(?!server/))' },
    },
    {
      name: 'web-does-not-import-the-server',
      severity: 'error',
      from: { path: '^apps/web/' },
      to: { path: '^apps/(?!web/)' },
    },
    {
      name: 'only-mls-imports-ts-mls',
      severity: 'error',
      from: { pathNot: '^packages/mls/' },
      to: { path: 'node_modules/ts-mls/' },
    },
    {
      name: 'tests-stay-out-of-the-product',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: tests },
      to: { path: tests },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/|/generated/|/test-data/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
