import { rounded } from '../statistics.ts';
import { bundleBudgetKB, storedBudgetBytes } from './budgets.ts';
import { engines } from './operations.ts';
import type { MlsResult, OperationResult, SizeResult, Spread } from './result.ts';

const missed = (value: number, budget: number | undefined) =>
  budget !== undefined && value > budget ? ' **missed**' : '';

function cell(spread: Spread | undefined): string {
  return spread === undefined ? '' : `${rounded(spread.median)} (${rounded(spread.low)}–${rounded(spread.high)})`;
}

function row({ operation, engines: measured, primitivesMs, budgetMs, storedBytes }: OperationResult): string {
  const own = measured.undertone;
  const ratio = own === undefined ? '' : `× ${rounded(own.median / primitivesMs)}`;
  const budget =
    budgetMs === undefined || own === undefined ? '' : `${rounded(budgetMs)}${missed(own.median, budgetMs)}`;
  const stored = storedBytes === undefined ? '' : rounded(storedBytes / 1000);
  const cells = [
    operation,
    ...engines.map((engine) => cell(measured[engine])),
    rounded(primitivesMs),
    ratio,
    budget,
    stored,
  ];
  return `| ${cells.join(' | ')} |`;
}

function sizeTable({ members, groupInfoBytes, operations }: SizeResult): string {
  const head = ['operation, ms', ...engines, 'sum of the primitives', 'undertone to the sum', 'budget', 'stored, KB'];
  return [
    `### ${members.toLocaleString('en')} members (group info ${rounded(groupInfoBytes / 1000)} KB)`,
    '',
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...operations.map(row),
  ].join('\n');
}

function bundleTable({ bundles }: MlsResult): string {
  const { engine, profile, tsMls, coreCrypto } = bundles;
  const rows = [
    `| undertone, everything | ${rounded(engine)}${missed(engine, bundleBudgetKB)} |`,
    `| undertone, the profile | ${rounded(profile)}${missed(profile, bundleBudgetKB)} |`,
    `| ts-mls with @hpke/core and what drives it | ${rounded(tsMls)} |`,
    coreCrypto === undefined ? '' : `| core-crypto, JavaScript and wasm | ${rounded(coreCrypto)} |`,
  ];
  return [
    `| code | KB after gzip (budget ${bundleBudgetKB}) |`,
    '|---|---|',
    ...rows.filter((text) => text !== ''),
  ].join('\n');
}

function primitiveTable({ primitivesUs: us }: MlsResult): string {
  const rows: [string, number][] = [
    ['X25519', us.x25519],
    ['Ed25519 sign', us.ed25519Sign],
    ['Ed25519 verify', us.ed25519Verify],
    ['AES-128-GCM, 200 B', us.aesGcm],
    ['SHA-256, each 64 B', us.sha256Blocks],
    ['not counted: importing a key', us.keyHandling],
  ];
  return ['| primitive | µs |', '|---|---|', ...rows.map(([name, cost]) => `| ${name} | ${rounded(cost)} |`)].join(
    '\n',
  );
}

/** The results as Markdown. */
export function markdown(result: MlsResult): string {
  const { measuredOn, machine, browser, coreCrypto } = result;
  return [
    `Measured on ${measuredOn} by \`pnpm bench mls --record\`: ${machine}, ${browser}; core-crypto ${coreCrypto}.`,
    'Medians; in brackets, where nine of ten samples lie. One device in a group whose members joined one after another by external' +
      ' commit, so that no node of its tree is blank. An external join ends when the state can be used, a join from Welcome too; all' +
      ' members are verified. The stored bytes are what a browser has to write after the operation' +
      ` (budget ${rounded(storedBudgetBytes / 1000)} KB for each processed commit).`,
    ...result.sizes.map(sizeTable),
    '### Code',
    bundleTable(result),
    '### Primitives',
    'The unit costs behind the sums, in the same browser, many calls at once; our engine was made to count its calls.',
    primitiveTable(result),
  ].join('\n\n');
}
