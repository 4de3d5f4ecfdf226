import { type AccountId, type DeviceId, type EntryId, limits, type Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentDocumentOf } from '../content/document.ts';
import type { PinRecord, RoomRecord } from '../storage/records.ts';
import { pinViews, withPin, withReceipt } from './effects.ts';

const targetOf = (seq: number) => ({ seq: seq as Seq, device: 'd' as DeviceId, id: `m${seq}` as EntryId });
const pin = (seq: number, on: boolean, known: number[] = []): ContentDocumentOf<'pin'> => ({
  v: 1,
  type: 'pin',
  target: targetOf(seq),
  on,
  known: known.map(targetOf),
});
const place = (seq: number) => ({ account: 'a' as AccountId, at: seq * 10, seq: seq as Seq });
const pinned = (pins: readonly PinRecord[]) => pinViews(pins).map(({ target }) => target.seq);

describe('withPin', () => {
  it('C8 the newest word on each message counts, whatever order they are read in', () => {
    const word = fc.record({
      target: fc.integer({ min: 1, max: 4 }),
      on: fc.boolean(),
      account: fc.constantFrom('a' as AccountId, 'b' as AccountId),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (words, random) => {
        const documents = words.map(({ target, on, account }, i) => ({
          at: { ...place(100 + i), account },
          document: pin(target, on),
        }));
        const shuffled = documents
          .map((one) => ({ one, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const read = (list: typeof documents) =>
          pinned(list.reduce<readonly PinRecord[]>((pins, { at, document }) => withPin(pins, at, document), [])).sort();
        expect(read(shuffled)).toEqual(read(documents));
      }),
    );
  });

  it('C8 a newcomer learns of earlier pins, and they do not bring back what was taken away', () => {
    expect(pinned(withPin([], place(100), pin(5, true, [3, 4])))).toEqual([5, 3, 4]);
    const away = withPin(withPin([], place(90), pin(3, true)), place(95), pin(3, false));
    expect(pinned(withPin(away, place(100), pin(5, true, [3])))).toEqual([5]);
  });
});

describe('withPin of a member who floods', () => {
  it('C8 what one says of earlier pins does not push out what was said in the log', () => {
    let pins: readonly PinRecord[] = [];
    for (let seq = 1; seq <= 10; seq++) pins = withPin(pins, place(seq), pin(seq, seq !== 3));
    for (let n = 0; n < 4; n++) {
      const known = Array.from({ length: 50 }, (_, i) => 1_000 + 50 * n + i);
      pins = withPin(pins, place(100 + n), pin(900 + n, false, [3, ...known]));
    }
    expect(pinned(pins).slice(0, 9)).toEqual([10, 9, 8, 7, 6, 5, 4, 2, 1]);
    expect(pinned(pins)).not.toContain(3);
  });
});

describe('pins of one account', () => {
  it('C8 are so many, and the words of others stay whatever one says', () => {
    let pins: readonly PinRecord[] = [];
    for (let seq = 1; seq <= limits.pinsPerAccount; seq++) pins = withPin(pins, place(seq), pin(seq, true));
    const flooder = (seq: number) => ({ ...place(seq), account: 'mallory' as AccountId });
    for (let seq = 1_000; seq < 1_500; seq++) pins = withPin(pins, flooder(seq), pin(seq, seq % 2 === 0));
    const views = pinViews(pins);
    expect(views.filter(({ by }) => by === 'mallory')).toHaveLength(limits.pinsPerAccount);
    expect(views.filter(({ by }) => by === 'a')).toHaveLength(limits.pinsPerAccount);
    expect(pins.length).toBeLessThanOrEqual(2 * limits.pinsPerRoom);
  });

  it('C8 are taken away by anybody, for good', () => {
    const set = withPin([], place(1), pin(5, true));
    const away = withPin(set, { ...place(2), account: 'b' as AccountId }, pin(5, false));
    expect(pinned(away)).toEqual([]);
    expect(pinned(withPin(away, place(3), pin(5, true)))).toEqual([5]);
  });
});

describe('withReceipt', () => {
  it('C9 receipts only ever grow, and what was read has arrived', () => {
    const bob = { account: 'bob' as AccountId };
    let receipts: RoomRecord['receipts'] = {};
    for (const [delivered, read] of [
      [5, 3],
      [4, undefined],
      [6, 9],
      [7, 2],
    ] as const) {
      receipts = withReceipt(receipts, bob, { delivered: delivered as Seq, read: read as Seq | undefined });
    }
    expect(receipts).toEqual({ bob: { delivered: 9, read: 9 } });
  });
});
