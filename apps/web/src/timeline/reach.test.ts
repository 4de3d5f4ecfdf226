import type { TimelineRow } from '@undertone/client/view';
import type { AccountId, Seq } from '@undertone/protocol';
import { describe, expect, it, vi } from 'vitest';
import { message } from '../testing/rows.ts';
import { pagesBefore } from './reach.ts';

const log: readonly TimelineRow[] = Array.from({ length: 100 }, (_, i) => message(i + 1, 'ada' as AccountId, '', i));
const older = vi.fn(async (order: number, limit: number) => {
  const before = log.filter((row) => row.order < order);
  return { rows: before.slice(-limit), more: before.length > limit };
});
const upTo = (seq: number) => (rows: readonly TimelineRow[]) => (rows[0]?.order ?? 0) <= seq;
const orders = (rows: readonly TimelineRow[]) => rows.map((row) => row.order as Seq);

describe('pagesBefore', () => {
  it('ends with the page that has what was looked for, in order and without gaps', async () => {
    older.mockClear();
    const page = await pagesBefore(older, 91, { size: 20, pages: 10, enough: upTo(45) });
    expect(orders(page.rows)).toEqual(Array.from({ length: 60 }, (_, i) => i + 31));
    expect(page.more).toBe(true);
    expect(older).toHaveBeenCalledTimes(3);
  });

  it('ends where there is no more', async () => {
    const page = await pagesBefore(older, 91, { size: 50, pages: 10, enough: upTo(0) });
    expect(page.rows).toHaveLength(90);
    expect(page.more).toBe(false);
  });

  it('ends after so many pages', async () => {
    const page = await pagesBefore(older, 91, { size: 10, pages: 2, enough: upTo(1) });
    expect(page.rows).toHaveLength(20);
    expect(page.more).toBe(true);
  });
});
