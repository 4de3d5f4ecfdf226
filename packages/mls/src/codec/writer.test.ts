import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from './reader.ts';
import { encode, Writer } from './writer.ts';

describe('lengths (RFC 9420 §2.1.2)', () => {
  it.each([
    [0, [0x00]],
    [0x3f, [0x3f]],
    [0x40, [0x40, 0x40]],
    [0x3fff, [0x7f, 0xff]],
    [0x4000, [0x80, 0x00, 0x40, 0x00]],
    [0x3fffffff, [0xbf, 0xff, 0xff, 0xff]],
  ])('%i takes the fewest bytes', (value, encoded) => {
    expect([...new Writer().length(value).finish()]).toEqual(encoded);
  });

  it('too long a vector is refused', () => {
    expect(() => new Writer().length(0x40000000)).toThrow(expect.objectContaining({ code: 'misuse' }));
  });

  it('every length is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x3fffffff }), (value) => {
        expect(decode(new Writer().length(value).finish(), (reader) => reader.length())).toBe(value);
      }),
    );
  });
});

describe('vectors', () => {
  const lengths = [0, 1, 0x3f, 0x40, 0x41, 0x3fff, 0x4000, 0x4001];

  it.each(lengths)('of %i bytes, beside others', (length) => {
    const written = new Writer(4)
      .uint8(1)
      .vector(new Uint8Array(length).fill(7), (writer, item) => void writer.uint8(item))
      .uint8(2)
      .finish();
    const read = decode(written, (reader) => [reader.uint8(), reader.opaque(), reader.uint8()] as const);
    expect(read).toEqual([1, new Uint8Array(length).fill(7), 2]);
  });

  it('are as their items written by hand', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (items) => {
        const byHand = new Writer();
        for (const item of items) byHand.opaque(item);
        const expected = new Writer().opaque(byHand.finish()).finish();
        const written = new Writer(1).vector(items, (writer, item) => void writer.opaque(item)).finish();
        expect(written).toEqual(expected);
      }),
    );
  });
});

it('reads back what it wrote', () => {
  const value = fc.record({
    small: fc.integer({ min: 0, max: 0xff }),
    middle: fc.integer({ min: 0, max: 0xffff }),
    large: fc.integer({ min: 0, max: 0xffffffff }),
    huge: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    bytes: fc.uint8Array({ maxLength: 300 }),
    nested: fc.array(fc.array(fc.integer({ min: 0, max: 0xffff }))),
    maybe: fc.option(fc.integer({ min: 0, max: 0xff }), { nil: undefined }),
  });
  fc.assert(
    fc.property(value, (given) => {
      const encoded = encode(given, (writer, { small, middle, large, huge, bytes, nested, maybe }) => {
        writer
          .uint8(small)
          .uint16(middle)
          .uint32(large)
          .uint64(huge)
          .opaque(bytes)
          .vector(nested, (outer, items) => void outer.vector(items, (inner, item) => void inner.uint16(item)))
          .optional(maybe, (item, number) => void item.uint8(number));
      });
      const read = decode(encoded, (reader) => ({
        small: reader.uint8(),
        middle: reader.uint16(),
        large: reader.uint32(),
        huge: reader.uint64(),
        bytes: reader.opaque(),
        nested: reader.vector((outer) => outer.vector((inner) => inner.uint16())),
        maybe: reader.optional((item) => item.uint8()),
      }));
      expect(read).toEqual({ ...given, bytes: new Uint8Array(given.bytes) });
    }),
  );
});
