import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { bundleSize } from './bundle-size.ts';
import { firstUse } from './first-use.ts';
import { latency } from './latency.ts';
import { benchMls } from './mls/record.ts';
import { type Figure, keepsBudget, table } from './result.ts';
import { scrolling } from './scrolling.ts';
import { serverCost } from './server-cost.ts';

/**
 * `pnpm bench [name …] [--record]`: measure all or some; `--record` writes the figures into docs/performance.md. `pnpm bench mls` is
 * asked for alone: it takes minutes, and has pages of its own in docs/performance.
 */
const benches: Record<string, () => Promise<Figure[]>> = {
  size: bundleSize,
  'first-use': firstUse,
  latency,
  scrolling,
  server: serverCost,
};

const page = 'docs/performance.md';
const marks = ['<!-- figures begin -->', '<!-- figures end -->'] as const;

async function record(figures: readonly Figure[]): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [head, rest] = text.split(marks[0]);
  const tail = rest?.split(marks[1])[1];
  if (head === undefined || tail === undefined) throw new Error(`${page} has no place for the figures`);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.versions.node}`;
  const when = new Date().toISOString().slice(0, 10);
  await writeFile(
    page,
    `${head}${marks[0]}\n\nMeasured on ${when}: ${machine}.\n\n${table(figures)}\n\n${marks[1]}${tail}`,
  );
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const recording = process.argv.includes('--record');
const mlsAlone = asked.join() === 'mls';
if (mlsAlone) await benchMls(recording);
const names = asked.length === 0 ? Object.keys(benches) : asked;
const figures: Figure[] = [];
for (const name of mlsAlone ? [] : names) {
  const bench = benches[name];
  if (bench === undefined)
    throw new Error(`There is no bench '${name}'; there are ${Object.keys(benches).join(', ')}, and mls, alone.`);
  console.log(`${name} …`);
  const found = await bench();
  console.log(table(found));
  figures.push(...found);
}
if (recording && !mlsAlone) await record(figures);
const missed = figures.filter((figure) => !keepsBudget(figure));
if (missed.length > 0) console.log(`${missed.length} over budget: ${missed.map((figure) => figure.name).join('; ')}`);
