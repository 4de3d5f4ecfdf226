import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesKey, concatBytes, copyBytes, equalBytes, equalConstantTime } from './bytes.ts';

const pair = fc.tuple(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }));

it('both comparisons and the key agree on what is equal', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        pair,
        fc.uint8Array().map((same) => [same, copyBytes(same)] as const),
      ),
      ([a, b]) => {
        const same = Buffer.compare(a, b) === 0;
        expect(equalBytes(a, b)).toBe(same);
        expect(equalConstantTime(a, b)).toBe(same);
        expect(bytesKey(a) === bytesKey(b)).toBe(same);
      },
    ),
  );
});

it('concatenates', () => {
  expect(concatBytes()).toEqual(new Uint8Array());
  expect(concatBytes(new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([3]))).toEqual(new Uint8Array([1, 2, 3]));
});

it('a copy shares no memory, not even with a Buffer', () => {
  const original = Buffer.from([1, 2, 3]);
  const copy = copyBytes(original);
  original[0] = 9;
  expect(copy).toEqual(new Uint8Array([1, 2, 3]));
});
