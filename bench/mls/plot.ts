import { svg, svgText } from '../svg.ts';
import { type Engine, engines, operations } from './operations.ts';
import type { MlsResult, SizeResult } from './result.ts';

const width = 960;
const left = 60;
const panelHeight = 190;
const panelGap = 62;
const top = 66;
const barWidth = 18;
const barStep = 24;
const lowestMs = 0.01;

const colours: Record<Engine, string> = {
  undertone: '#2f7de1',
  'undertone+worker': '#6fb0ff',
  'ts-mls': '#e08a1e',
  'core-crypto': '#8a63c9',
};

const groupWidth = (width - left - 10) / operations.length;

/** The height above the panel's floor, of which each decade takes the same part. */
function height(ms: number, decades: number): number {
  return (Math.max(0, Math.log10(ms / lowestMs)) / decades) * panelHeight;
}

function label(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? String(Math.round(ms)) : String(Number(ms.toPrecision(2)));
}

function grid(floor: number, decades: number): string[] {
  return Array.from({ length: decades + 1 }, (_, i) => {
    const y = floor - (i / decades) * panelHeight;
    const ms = lowestMs * 10 ** i;
    return `<line class="grid" x1="${left}" x2="${width - 10}" y1="${y}" y2="${y}"/>${svgText(left - 6, y + 4, `${Number(ms.toPrecision(1))}`, 'text-anchor="end"')}`;
  });
}

function panel({ members, operations: results }: SizeResult, index: number, decades: number): string[] {
  const floor = top + index * (panelHeight + panelGap) + panelHeight;
  const parts = [svgText(left, floor - panelHeight - 10, `${members.toLocaleString('en')} members`, 'class="title"')];
  parts.push(...grid(floor, decades));
  for (const [i, result] of results.entries()) {
    const start = left + i * groupWidth + 8;
    for (const [j, engine] of engines.entries()) {
      const spread = result.engines[engine];
      if (spread === undefined) continue;
      const x = start + j * barStep;
      const h = height(spread.median, decades);
      const title = `${result.operation}, ${engine}: ${label(spread.median)}`;
      parts.push(
        `<rect x="${x}" y="${(floor - h).toFixed(1)}" width="${barWidth}" height="${h.toFixed(1)}" fill="${colours[engine]}"><title>${title}</title></rect>`,
        svgText(x + barWidth / 2, floor - h - 4, label(spread.median), 'text-anchor="middle" class="value"'),
      );
    }
    const y = floor - height(result.primitivesMs, decades);
    parts.push(
      `<line class="sum" x1="${start - 4}" x2="${start + engines.length * barStep - 2}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`,
    );
    parts.push(
      svgText(
        start + (engines.length / 2) * barStep,
        floor + 16,
        result.operation.replace('process ', ''),
        'text-anchor="middle"',
      ),
    );
  }
  return parts;
}

function legend(): string[] {
  const parts = engines.map((engine, i) => {
    const x = left + i * 140;
    return `<rect x="${x}" y="18" width="12" height="12" fill="${colours[engine]}"/>${svgText(x + 18, 28, engine)}`;
  });
  const x = left + engines.length * 140;
  return [
    ...parts,
    `<line class="sum" x1="${x}" x2="${x + 22}" y1="24" y2="24"/>${svgText(x + 28, 28, 'sum of the primitives')}`,
    svgText(width - 10, 46, 'milliseconds, median, logarithmic', 'text-anchor="end"'),
  ];
}

/** Grouped bars, a panel for each size of group. Without a background, and legible on a light and on a dark one. */
export function plot({ sizes }: MlsResult): string {
  const most = Math.max(
    ...sizes.flatMap((size) =>
      size.operations.flatMap((one) => Object.values(one.engines).map(({ median }) => median)),
    ),
  );
  const decades = Math.ceil(Math.log10(most / lowestMs));
  const total = top + sizes.length * (panelHeight + panelGap) - 20;
  return svg({
    width,
    height: total,
    label: 'MLS operations by engine and size of group',
    fontPx: 11,
    style: ['.title{font-size:13px}', '.value{font-size:10px}', '.sum{stroke:#333;stroke-width:2}'],
    darkStyle: ['.sum{stroke:#eee}'],
    parts: [...legend(), ...sizes.flatMap((size, index) => panel(size, index, decades))],
  });
}
