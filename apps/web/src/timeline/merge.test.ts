import type { TimelineRow } from '@undertone/client/view';
import type { Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../testing/timeline-rows.ts';
import { mergeRows } from './merge.ts';

describe('mergeRows', () => {
  it('keeps order and takes each key once', () => {
    const rows = mergeRows(
      [message(1), message(2)],
      { rows: [message(2, { text: 'edited' }), message(3)], removed: [] },
      false,
    );
    expect(rows.map((row) => row.key)).toEqual(['m1', 'm2', 'm3']);
    expect(rows[1]).toMatchObject({ text: 'edited' });
  });

  it('moves a row whose order changed when it was acknowledged', () => {
    const pending = message(2, { key: 'p', order: 1.5, seq: null, delivery: 'sending' });
    const rows = mergeRows(
      [message(1), pending],
      { rows: [message(2), { ...pending, order: 3, seq: 3 as Seq }], removed: [] },
      true,
    );
    expect(rows.map((row) => row.key)).toEqual(['m1', 'm2', 'p']);
  });

  it('removes', () => {
    expect(
      mergeRows([message(1), message(2)], { rows: [], removed: [{ key: 'm1', seq: 1 as Seq }] }, false).map(
        (row) => row.key,
      ),
    ).toEqual(['m2']);
  });

  it('leaves out what stands before the loaded stretch', () => {
    const change = { rows: [message(3), message(11)], removed: [] };
    expect(mergeRows([message(10)], change, true).map((row) => row.key)).toEqual(['m10', 'm11']);
    expect(mergeRows([message(10)], change, false).map((row) => row.key)).toEqual(['m3', 'm10', 'm11']);
  });

  it('any sequence of changes ends sorted, with the newest form of each key', () => {
    const row = fc.nat(30).chain((seq) => fc.string().map((text) => message(seq, { text })));
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 8 }), (changes) => {
        let rows: readonly TimelineRow[] = [];
        const newest = new Map<string, TimelineRow>();
        for (const change of changes) {
          rows = mergeRows(rows, { rows: change, removed: [] }, false);
          for (const one of change) newest.set(one.key, one);
        }
        expect(rows).toEqual([...newest.values()].sort((a, b) => a.order - b.order));
      }),
    );
  });
});
