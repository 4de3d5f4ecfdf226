import { rounded } from '../statistics.ts';
import { svg, svgText } from '../svg.ts';
import type { RelayResult } from './result.ts';

const width = 860;
const left = 190;
const right = 110;
const barHeight = 16;
const rowHeight = 24;
const titleHeight = 40;
const lowest = 1_000;

const colour = (name: string): string => (name.startsWith('undertone') ? '#2f7de1' : '#8a8f98');

/** Horizontal bars on a logarithmic scale, a panel for each number of receivers. Legible on a light and on a dark ground. */
export function plot({ targets }: RelayResult): string {
  const sizes = targets[0]?.throughput.map(({ receivers }) => receivers) ?? [];
  const rates = targets.flatMap(({ throughput }) => throughput.map((one) => one.deliveriesPerCpuSecond.high));
  const decades = Math.ceil(Math.log10(Math.max(...rates) / lowest));
  const scale = (rate: number): number => (Math.max(0, Math.log10(rate / lowest)) / decades) * (width - left - right);
  const panelHeight = titleHeight + targets.length * rowHeight + 24;
  const parts: string[] = [];
  for (const [panel, receivers] of sizes.entries()) {
    const top = panel * panelHeight + titleHeight;
    parts.push(svgText(left, top - 14, `deliveries per CPU-second, ${receivers} receivers`, 'class="title"'));
    for (let decade = 0; decade <= decades; decade += 1) {
      const x = left + scale(lowest * 10 ** decade);
      const bottom = top + targets.length * rowHeight;
      parts.push(`<line class="grid" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${top}" y2="${bottom}"/>`);
      parts.push(svgText(x, bottom + 14, (lowest * 10 ** decade).toLocaleString('en'), 'text-anchor="middle"'));
    }
    for (const [row, { name, throughput }] of targets.entries()) {
      const rate = throughput.find((one) => one.receivers === receivers)?.deliveriesPerCpuSecond;
      if (rate === undefined) continue;
      const y = top + row * rowHeight + 4;
      const middle = y + barHeight / 2;
      const size = `width="${scale(rate.median).toFixed(1)}" height="${barHeight}"`;
      const [low, high] = [left + scale(rate.low), left + scale(rate.high)];
      parts.push(
        svgText(left - 8, y + 12, name, 'text-anchor="end"'),
        `<rect x="${left}" y="${y}" ${size} fill="${colour(name)}"/>`,
        `<line class="spread" x1="${low.toFixed(1)}" x2="${high.toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
        svgText(high + 6, y + 12, `${rounded(rate.median / 1000)} k`),
      );
    }
  }
  return svg({
    width,
    height: sizes.length * panelHeight,
    label: 'Deliveries per CPU-second by server',
    fontPx: 12,
    style: ['.spread{stroke:#222;stroke-width:2}'],
    darkStyle: ['.spread{stroke:#eee}'],
    parts,
  });
}
