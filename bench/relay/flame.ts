import { svg, svgText } from '../svg.ts';
import type { Frame } from './cpu-profile.ts';

const width = 1_200;
const rowHeight = 18;
const titleHeight = 28;
const charPx = 6.2;
/** Narrower ones cannot be seen. */
const leastShare = 0.002;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const colour = (name: string): string =>
  /^\((garbage|program)/.test(name) ? 'own' : name.includes(' node:') ? 'node' : 'ours';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A flame graph: callers below, callees above them, as wide as their share of the busy time. */
export function flame(root: Frame, title: string): string {
  const parts: string[] = [];
  const drawn: { readonly frame: Frame; readonly left: number; readonly depth: number }[] = [];
  const place = (frame: Frame, left: number, depth: number): void => {
    drawn.push({ frame, left, depth });
    let next = left;
    for (const callee of [...frame.callees.values()].sort((a, b) => b.share - a.share)) {
      if (callee.share >= leastShare) place(callee, next, depth + 1);
      next += callee.share;
    }
  };
  place(root, 0, 0);
  const depths = Math.max(...drawn.map(({ depth }) => depth)) + 1;
  const height = titleHeight + depths * rowHeight;
  parts.push(svgText(4, 18, escaped(title), 'class="title"'));
  for (const { frame, left, depth } of drawn) {
    const [x, y] = [left * width, height - (depth + 1) * rowHeight];
    const size = frame.share * width;
    const fits = Math.floor((size - 6) / charPx);
    const label = fits < 3 ? '' : svgText(x + 3, y + 13, escaped(frame.name.slice(0, fits)), 'class="name"');
    const tip = `<title>${escaped(frame.name)}: ${percent(frame.share)}</title>`;
    const box = `x="${x.toFixed(1)}" y="${y}" width="${size.toFixed(1)}" height="${rowHeight - 1}"`;
    parts.push(`<g>${tip}<rect class="${colour(frame.name)}" ${box}/>${label}</g>`);
  }
  return svg({
    width,
    height,
    label: escaped(title),
    fontPx: 11,
    style: ['.ours{fill:#f2a65a}', '.node{fill:#7fb4e6}', '.own{fill:#b9bec6}', '.name{fill:#222}'],
    darkStyle: ['.name{fill:#111}'],
    parts,
  });
}
