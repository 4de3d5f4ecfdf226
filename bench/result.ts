import { rounded } from './statistics.ts';

/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'KB' | 'MiB' | 'frames/s' | '%';
  readonly value: number;
  /** What it is measured against in the same run, and that one's figure. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** The most (or, for frames, the least) that we allow ourselves. */
  readonly budget?: number;
  readonly note?: string;
}

/** Whether a figure keeps its budget; more is better for frames only. */
export function keepsBudget({ unit, value, budget }: Figure): boolean {
  if (budget === undefined) return true;
  return unit === 'frames/s' ? value >= budget : value <= budget;
}

/** The cells of a figure in the table. */
export function rowOf(figure: Figure): readonly string[] {
  const { name, unit, value, peer, budget, note } = figure;
  const against = peer === undefined ? '' : `${peer.name}: ${rounded(peer.value)} (× ${rounded(value / peer.value)})`;
  const allowed = budget === undefined ? '' : `${rounded(budget)}${keepsBudget(figure) ? '' : ' **missed**'}`;
  return [name, `${rounded(value)} ${unit}`, allowed, against, note ?? ''];
}

/** Rows of figures as a Markdown table. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  return ['| figure | measured | budget | peer in the same run | |', '|---|---|---|---|---|', ...lines].join('\n');
}
