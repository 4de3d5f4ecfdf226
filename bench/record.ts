import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { machine } from './relay/page.ts';
import { type Figure, rowOf, tableOf } from './result.ts';

const page = 'docs/performance.md';
const marks = ['<!-- figures begin -->', '<!-- figures end -->'] as const;

const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the table that stands there, by the figure's name; what another run measured says so. */
function rowsBefore(section: string, present: string): Map<string, readonly string[]> {
  const measured = /^Measured on (.*)\.$/m.exec(section)?.[1] ?? '';
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  const foreign = measured !== '' && measured !== present;
  return new Map(
    rows.map((row) => {
      const [name = '', ...cells] = cellsOf(row);
      const note = cells.pop() ?? '';
      const from = foreign && !note.includes('measured on') ? [note, `measured on ${measured}`] : [note];
      return [name, [name, ...cells, from.filter((part) => part !== '').join('; ')]];
    }),
  );
}

/** Put what was measured into docs/performance.md; figures that were not measured now stay, and say when they were. */
export async function record(figures: readonly Figure[]): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [head, rest] = text.split(marks[0]);
  const [section, tail] = rest?.split(marks[1]) ?? [];
  if (head === undefined || section === undefined || tail === undefined)
    throw new Error(`${page} has no place for the figures`);
  const present = `${new Date().toISOString().slice(0, 10)}: ${machine()}`;
  const rows = rowsBefore(section, present);
  for (const figure of figures) rows.set(figure.name, rowOf(figure));
  const table = tableOf([...rows.values()]);
  await writeFile(page, `${head}${marks[0]}\n\nMeasured on ${present}.\n\n${table}\n\n${marks[1]}${tail}`);
  await promisify(execFile)('biome', ['format', '--write', page]);
}
