import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, Reader } from './reader.ts';

const bytes = (...values: number[]) => new Uint8Array(values);
const malformed = expect.objectContaining({ name: 'MlsError', code: 'malformed' });

describe('lengths (RFC 9420 §2.1.2)', () => {
  it.each([
    [[0x00], 0],
    [[0x3f], 0x3f],
    [[0x40, 0x40], 0x40],
    [[0x7f, 0xff], 0x3fff],
    [[0x80, 0x00, 0x40, 0x00], 0x4000],
    [[0x9d, 0x7f, 0x3e, 0x7d], 494878333],
    [[0xbf, 0xff, 0xff, 0xff], 0x3fffffff],
  ])('%j is read as %i', (encoded, value) => {
    expect(decode(bytes(...encoded), (reader) => reader.length())).toBe(value);
  });

  it.each([
    ['a longer form than needed, of 0', [0x40, 0x00]],
    ['a longer form than needed, of 63', [0x40, 0x3f]],
    ['a longer form than needed, of 64', [0x80, 0x00, 0x00, 0x40]],
    ['a longer form than needed, of 16383', [0x80, 0x00, 0x3f, 0xff]],
    ['the reserved prefix', [0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00]],
    ['the reserved prefix in full', [0xff]],
    ['no byte', []],
    ['one of two bytes', [0x40]],
    ['three of four bytes', [0x80, 0x00, 0x40]],
  ])('%s is refused', (_, encoded) => {
    expect(() => new Reader(bytes(...encoded)).length()).toThrow(malformed);
  });
});

describe('bounds', () => {
  it('numbers need all their bytes', () => {
    expect(() => new Reader(bytes()).uint8()).toThrow(malformed);
    expect(() => new Reader(bytes(1)).uint16()).toThrow(malformed);
    expect(() => new Reader(bytes(1, 2, 3)).uint32()).toThrow(malformed);
    expect(() => new Reader(bytes(1, 2, 3, 4, 5, 6, 7)).uint64()).toThrow(malformed);
  });

  it('numbers are big-endian and unsigned', () => {
    const reader = new Reader(
      bytes(0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3, 0xf2, 0xf1),
    );
    expect([reader.uint8(), reader.uint16(), reader.uint32()]).toEqual([0xff, 0xfefd, 0xfcfbfaf9]);
    expect(reader.uint64()).toBe(0xf8f7f6f5f4f3f2f1n);
    reader.finish();
  });

  it('an opaque must be there in full', () => {
    expect(() => new Reader(bytes(3, 1, 2)).opaque()).toThrow(malformed);
    expect(() => new Reader(bytes(0xbf, 0xff, 0xff, 0xff, 0)).opaque()).toThrow(malformed);
    expect(new Reader(bytes(2, 1, 2, 3)).opaque()).toEqual(bytes(1, 2));
  });

  it('a vector ends where its length says', () => {
    const pairs = (input: Uint8Array<ArrayBuffer>) => decode(input, (reader) => reader.vector((item) => item.uint16()));
    expect(pairs(bytes(4, 0, 1, 0, 2))).toEqual([1, 2]);
    expect(pairs(bytes(0))).toEqual([]);
    expect(() => pairs(bytes(3, 0, 1, 0))).toThrow(malformed);
    expect(() => pairs(bytes(4, 0, 1))).toThrow(malformed);
    // The item would fit into the input, but not into its vector.
    expect(() => pairs(bytes(3, 0, 1, 0, 2))).toThrow(malformed);
  });

  it('an inner vector ends within the outer one', () => {
    const nested = (input: Uint8Array<ArrayBuffer>) =>
      decode(input, (reader) => reader.vector((outer) => outer.vector((item) => item.uint8())));
    expect(nested(bytes(5, 1, 7, 2, 8, 9))).toEqual([[7], [8, 9]]);
    expect(() => nested(bytes(2, 2, 7, 8))).toThrow(malformed);
  });

  it('after a vector the rest can be read', () => {
    const reader = new Reader(bytes(1, 9, 8));
    expect(reader.vector((item) => item.uint8())).toEqual([9]);
    expect(reader.uint8()).toBe(8);
    expect(reader.remaining).toBe(0);
  });

  it('presence is 0 or 1', () => {
    const optional = (input: Uint8Array<ArrayBuffer>) =>
      decode(input, (reader) => reader.optional((item) => item.uint8()));
    expect(optional(bytes(0))).toBeUndefined();
    expect(optional(bytes(1, 5))).toBe(5);
    expect(() => optional(bytes(2, 5))).toThrow(malformed);
    expect(() => optional(bytes(1))).toThrow(malformed);
  });

  it('nothing may follow', () => {
    expect(() => decode(bytes(1, 2), (reader) => reader.uint8())).toThrow(malformed);
  });

  it('reads from the middle of a buffer', () => {
    const view = new Uint8Array(bytes(9, 9, 2, 7, 8, 9).buffer, 2, 3);
    const reader = new Reader(view);
    const start = reader.position;
    expect(reader.opaque()).toEqual(bytes(7, 8));
    expect(reader.since(start)).toEqual(bytes(2, 7, 8));
    expect(() => reader.uint8()).toThrow(malformed);
  });
});

it('throws nothing but `malformed`, and reads no more than there is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
      try {
        const items = decode(new Uint8Array(input), (reader) => reader.vector((item) => item.opaque()));
        expect(items.reduce((sum, item) => sum + item.length, 0)).toBeLessThanOrEqual(input.length);
      } catch (error) {
        expect(error).toEqual(malformed);
      }
    }),
  );
});
