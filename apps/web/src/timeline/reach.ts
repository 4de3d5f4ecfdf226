import type { TimelinePage, TimelineRow } from '@undertone/client/view';

interface Bounds {
  /** Rows of a page. */
  readonly size: number;
  readonly pages: number;
  /** Whether the rows got so far are enough. */
  readonly enough: (rows: readonly TimelineRow[]) => boolean;
}

/** The pages before `order` as one, until there is enough or no more, within bounds. */
export async function pagesBefore(
  older: (order: number, limit: number) => Promise<TimelinePage>,
  order: number,
  { size, pages, enough }: Bounds,
): Promise<TimelinePage> {
  let rows: readonly TimelineRow[] = [];
  let more = true;
  for (let page = 0; page < pages && more; page++) {
    const next = await older(rows[0]?.order ?? order, size);
    rows = [...next.rows, ...rows];
    more = next.more;
    if (next.rows.length === 0 || enough(rows)) break;
  }
  return { rows, more };
}
