import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMsgpack } from './msgpack.ts';

/** Headers of lists of `claimed` elements, each the first element of the one before. */
function nestedHeaders(depth: number, claimed: number): Uint8Array {
  const data = new Uint8Array(depth * 5);
  const view = new DataView(data.buffer);
  for (let at = 0; at < data.length; at += 5) {
    data[at] = 0xdd;
    view.setUint32(at + 1, claimed);
  }
  return data;
}

describe('msgpack of others', () => {
  it('T4 claims are not allocated before they are there', () => {
    const startedAt = performance.now();
    expect(() => decodeMsgpack(nestedHeaders(1, 33_000_000))).toThrow(RangeError);
    expect(() => decodeMsgpack(nestedHeaders(3_000, 100_000))).toThrow(RangeError);
    expect(() => decodeMsgpack(new Uint8Array(1_000_000).fill(0x91))).toThrow(RangeError);
    expect(() => decodeMsgpack(new Uint8Array())).toThrow(RangeError);
    expect(() => decodeMsgpack(Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff))).toThrow(RangeError);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('reads all that is encoded', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small', maxDepth: 6 },
        fc.string(),
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 400 }),
        fc.array(tie('any'), { maxLength: 40 }),
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
          tie('any'),
          { maxKeys: 20 },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, (any) => {
        expect(encode(decodeMsgpack(encode(any)))).toEqual(encode(any));
      }),
    );
  });
});
