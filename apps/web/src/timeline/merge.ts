import type { TimelineChange, TimelineRow } from '@undertone/client/view';

/**
 * `rows` with `change` applied, in order, each key once. Rows from before the first loaded one are left out while `more` stands before
 * it: they come with their page, else there would be a hole between.
 */
export function mergeRows(
  rows: readonly TimelineRow[],
  change: Pick<TimelineChange, 'rows' | 'removed'>,
  more: boolean,
): readonly TimelineRow[] {
  const gone = new Set(change.removed.map(({ key }) => key));
  const byKey = new Map<string, TimelineRow>();
  const oldest = rows[0]?.order;
  const had = new Set(rows.map((row) => row.key));
  for (const row of change.rows) {
    if (gone.has(row.key)) continue;
    if (more && oldest !== undefined && row.order < oldest && !had.has(row.key)) continue;
    byKey.set(row.key, row);
  }
  const merged: TimelineRow[] = [];
  for (const row of rows) if (!gone.has(row.key) && !byKey.has(row.key)) merged.push(row);
  merged.push(...byKey.values());
  return sorted(merged) ? merged : merged.sort((a, b) => a.order - b.order);
}

function sorted(rows: readonly TimelineRow[]): boolean {
  for (let i = 1; i < rows.length; i++) if ((rows[i - 1]?.order ?? 0) > (rows[i]?.order ?? 0)) return false;
  return true;
}
