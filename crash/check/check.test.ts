import type { EntryId, RoomId, Seq } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { check, holds, type Verdict } from './check.ts';
import { Ledger, type Reader } from './ledger.ts';

const room = 'room' as RoomId;
const ids = ['a', 'b', 'c'] as EntryId[];
const body = (id: string): Uint8Array => new TextEncoder().encode(`body of ${id}`);

/** Three envelopes, acknowledged at 1, 2, 3 and read so by two receivers. */
function world(): { ledger: Ledger; reader: Reader } {
  const ledger = new Ledger();
  for (const id of ids) ledger.send(id, room, body(id));
  for (const [index, id] of ids.entries()) ledger.acknowledge(id, (index + 1) as Seq);
  const [reader] = ['reader', 'other'].map((name) => {
    const one = ledger.reader(name, room, true);
    for (const [index, id] of ids.entries()) {
      one.readings.push({ seq: index + 1, id, body: Buffer.from(body(id)).toString('base64') });
    }
    return one;
  });
  if (!reader) throw new Error('no reader');
  return { ledger, reader };
}

it('what was acknowledged was read by everyone once, in order', () => {
  const verdict = check(world().ledger);
  expect(verdict).toMatchObject({ acknowledged: 3, delivered: 6, lost: 0, doubled: 0, faults: [] });
  expect(holds(verdict)).toBe(true);
});

it('nothing tried is not a success', () => {
  expect(holds(check(new Ledger()))).toBe(false);
});

/** Each thing that can go wrong, and what the check says of it. */
const wrongs: [name: string, wrong: (ledger: Ledger, reader: Reader) => void, says: Partial<Verdict>][] = [
  ['the last one is missing', (_ledger, { readings }) => readings.pop(), { lost: 1, disordered: 0 }],
  ['one in the middle is missing', (_ledger, { readings }) => readings.splice(1, 1), { lost: 1, disordered: 1 }],
  [
    'one stands in the log twice',
    (_ledger, { readings }) => readings.push({ seq: 4, id: 'b' as EntryId, body: null }),
    { doubled: 1 },
  ],
  [
    'one was read twice at its place',
    (_ledger, { readings }) => readings.push({ seq: 3, id: 'c' as EntryId, body: null }),
    { doubled: 1, disordered: 1 },
  ],
  ['one was acknowledged at two places', (ledger) => ledger.acknowledge('a' as EntryId, 9 as Seq), { doubled: 1 }],
  ['two changed places', (_ledger, { readings }) => readings.reverse(), { disordered: 3 }],
  [
    'two were exchanged',
    (_ledger, { readings }) => {
      readings.splice(0, 2, { seq: 1, id: 'b' as EntryId, body: null }, { seq: 2, id: 'a' as EntryId, body: null });
    },
    // Each at another place than acknowledged, and than the other receiver has it.
    { falsified: 4, lost: 0 },
  ],
  [
    'one has another body',
    (_ledger, { readings }) => readings.splice(0, 1, { seq: 1, id: 'a' as EntryId, body: 'AAAA' }),
    { falsified: 1 },
  ],
  [
    'one was read though it was refused',
    (ledger) => {
      ledger.acknowledged.delete('c' as EntryId);
      ledger.refused.add('c' as EntryId);
    },
    { falsified: 2 },
  ],
  [
    'one was never answered',
    (ledger, { readings }) => {
      ledger.acknowledged.delete('c' as EntryId);
      readings.pop();
    },
    { unsettled: 1, lost: 0 },
  ],
  ['something was seen while it happened', (ledger) => ledger.faults.push('shown too early'), {}],
];

it.each(wrongs)('found: %s', (_name, wrong, says) => {
  const { ledger, reader } = world();
  wrong(ledger, reader);
  const verdict = check(ledger);
  expect(verdict).toMatchObject(says);
  expect(verdict.faults.length).toBeGreaterThan(0);
  expect(holds(verdict)).toBe(false);
});
