import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplices, GroupInfoPatch, type Splice } from './group-info-patch.ts';
import { limits } from './limits.ts';

const piece = fc.uint8Array({ maxLength: 20 });
/** Bytes that stay, then bytes that are replaced by others. */
const change = fc.record({ kept: piece, removed: piece, inserted: piece });
const changes = fc.record({ parts: fc.array(change, { maxLength: 12 }), rest: piece });

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

function splicesOf(parts: readonly { kept: Uint8Array; removed: Uint8Array; inserted: Uint8Array }[]): Splice[] {
  let at = 0;
  return parts.map(({ kept, removed, inserted }) => {
    const offset = at + kept.length;
    at = offset + removed.length;
    return [offset, removed.length, inserted.slice()];
  });
}

const anyLength = fc.oneof(fc.nat({ max: 60 }), fc.nat(), fc.constant(limits.groupInfoMaxBytes));
const hostile = fc.array(fc.tuple(anyLength, anyLength, piece), { maxLength: 6 }) as fc.Arbitrary<Splice[]>;

describe('R12 splices', () => {
  it('R12 applying a difference gives the other bytes', () => {
    fc.assert(
      fc.property(changes, ({ parts, rest }) => {
        const before = joined([...parts.flatMap(({ kept, removed }) => [kept, removed]), rest]);
        const after = joined([...parts.flatMap(({ kept, inserted }) => [kept, inserted]), rest]);
        const splices = splicesOf(parts);
        expect(GroupInfoPatch.safeParse({ splices, sha256: new Uint8Array(32) }).success).toBe(true);
        expect(applySplices(before, splices)).toEqual(after.length === 0 ? undefined : after);
      }),
    );
  });

  it('R12 hostile splices give nothing, or exactly what they say, and leave the former bytes alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), hostile, (before, splices) => {
        const copy = before.slice();
        const result = applySplices(before, splices);
        expect(before).toEqual(copy);
        let end = 0;
        const fits = splices.every(([offset, remove]) => {
          const ok = offset >= end && offset + remove <= before.length;
          end = offset + remove;
          return ok;
        });
        const size = splices.reduce((sum, [, remove, insert]) => sum - remove + insert.length, before.length);
        expect(result?.length).toBe(fits && size > 0 ? size : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('R12 what is too many, too large, out of order or overlapping is refused', () => {
    const sha256 = new Uint8Array(32);
    const accepts = (splices: unknown, hash: unknown = sha256) =>
      GroupInfoPatch.safeParse({ splices, sha256: hash }).success;
    const some = new Uint8Array(3);
    const many = (n: number) => Array.from({ length: n }, (_, i) => [i, 1, some]);
    const tooMany = limits.groupInfoMaxBytes + 1;
    const pair = (offset: number, remove: number, next: number) => [
      [offset, remove, some],
      [next, 0, some],
    ];
    for (const good of [[], pair(4, 2, 6), many(limits.groupInfoMaxSplices)]) expect(accepts(good)).toBe(true);
    for (const bad of [
      many(limits.groupInfoMaxSplices + 1),
      pair(4, 2, 5),
      pair(4, 0, 3),
      [[-1, 0, some]],
      [[0.5, 0, some]],
      [[0, 0]],
      [[0, tooMany, some]],
      [[0, 0, new Uint8Array(tooMany)]],
    ]) {
      expect(accepts(bad)).toBe(false);
    }
    expect(accepts([], new Uint8Array(31))).toBe(false);
    expect(applySplices(some, [[0, 0, new Uint8Array(limits.groupInfoMaxBytes)]])).toBeUndefined();
  });
});
