import { type AccountId, type DeviceId, type EntryId, limits, type Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnotationEffect, AnnotationRecord } from '../storage/records.ts';
import { countedAnnotations, reactionsPerAccount } from './counted-annotations.ts';

const emoji = Array.from({ length: 40 }, (_, i) => String.fromCodePoint(0x1f400 + i));

const effect: fc.Arbitrary<AnnotationEffect> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('react'), emoji: fc.constantFrom(...emoji), on: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.constant({ kind: 'edit', text: 'words', mentions: [] } as const) },
  fc.constant({ kind: 'delete' } as const),
  fc.record({ kind: fc.constant('answer'), answer: fc.constantFrom('accepted', 'declined', 'received') }),
) as fc.Arbitrary<AnnotationEffect>;

const word = fc.record({ by: fc.constantFrom('ada', 'bob'), names: fc.constantFrom('ada', 'bob'), effect });

const record = (seq: number, by: string, effect: AnnotationEffect, names = by): AnnotationRecord => ({
  target: { seq: 7 as Seq, device: names as DeviceId, id: 'i' as EntryId },
  seq,
  at: seq,
  account: by as AccountId,
  device: by as DeviceId,
  effect,
});

describe('countedAnnotations', () => {
  it('C5 comes to the same when only what counted was kept, whatever the order in which the log was read', () => {
    const words = fc.array(word, { maxLength: 200 });
    fc.assert(
      fc.property(words, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 9 }), (words, random, step) => {
        const all = words.map(({ by, names, effect }, i) => record(100 + i, by, effect, names));
        const shuffled = all
          .map((one) => ({ one, place: random.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ one }) => one);
        let kept: AnnotationRecord[] = [];
        for (let i = 0; i < shuffled.length; i += step) {
          kept = countedAnnotations([...kept, ...shuffled.slice(i, i + step)]);
        }
        expect(kept).toEqual(countedAnnotations(all));
      }),
    );
  });

  it('C7 C8 C10 keeps a few of each kind, however much one device says', () => {
    const flood = Array.from({ length: 5_000 }, (_, i): AnnotationRecord => {
      const effects: AnnotationEffect[] = [
        { kind: 'react', emoji: emoji[Math.floor(i / 4) % emoji.length] ?? '', on: i % 3 > 0 },
        { kind: 'react', emoji: `junk ${i}`, on: true },
        { kind: 'edit', text: `${i}`, mentions: [] },
        { kind: 'answer', answer: i % 8 === 3 ? 'accepted' : 'declined' },
      ];
      return record(100 + i, 'mallory', effects[i % 4] as AnnotationEffect);
    });
    const most = reactionsPerAccount + limits.editsPerMessage + 2;
    expect(countedAnnotations(flood)).toHaveLength(most);
    expect(countedAnnotations([...flood, record(9_000, 'mallory', { kind: 'delete' })])).toHaveLength(
      most - limits.editsPerMessage + 1,
    );
    expect(countedAnnotations([record(1, 'mallory', { kind: 'edit', text: 'x', mentions: [] }, 'ada')])).toEqual([]);
  });
});
