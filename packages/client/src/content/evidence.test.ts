import { encode } from '@msgpack/msgpack';
import type { Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvidence, encodeEvidence } from './evidence.ts';

const hash = new Uint8Array(32).fill(1);
const none = new Uint8Array();
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((data) => new Uint8Array(data));
const Hash = fc.oneof(bytes(32), fc.constant(none));
const Number53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('evidence', () => {
  it('E3 gives back what was said', () => {
    const Said = fc
      .record({ seq: Number53, hash: bytes(32), epochs: Number53, past: bytes(32), index: Number53, keyHash: Hash })
      .map(({ seq, hash: said, epochs, past, index, keyHash }) => ({
        seq: seq as Seq,
        hash: seq === 0 ? none : said,
        epochs,
        past: epochs === 0 ? none : past,
        keyHead: { index, hash: keyHash },
      }));
    fc.assert(
      fc.property(Said, (said) => {
        expect(decodeEvidence(encodeEvidence(said))).toEqual(said);
      }),
    );
  });

  const fields: unknown[] = [1, 7, hash, 3, hash, 2, hash, 0, none];
  it.each([
    ['another version', fields.with(0, 2)],
    ['a field more', [...fields, 0]],
    ['a field less', fields.slice(0, -1)],
    ['a hash of 31 bytes', fields.with(2, hash.slice(1))],
    ['a hash of 33 bytes', fields.with(4, new Uint8Array(33))],
    ['a text for a hash', fields.with(6, 'x'.repeat(32))],
    ['a negative place', fields.with(1, -1)],
    ['half a place', fields.with(1, 1.5)],
    ['a place beyond all numbers', fields.with(1, 2 ** 60)],
    ['a negative index', fields.with(5, -1)],
    ['a place without a hash', fields.with(2, none)],
    ['a hash without a place', fields.with(1, 0)],
    ['epochs without a hash', fields.with(4, none)],
    ['a hash of no epochs', fields.with(3, 0)],
    ['no list', { 0: 1 }],
    ['nothing', null],
  ])('E3 %s is none', (_, value) => {
    expect(decodeEvidence(encode(fields))).toBeDefined();
    expect(decodeEvidence(encode(value))).toBeUndefined();
  });

  it('E3 has one spelling: another one of the same values, or something after it, is none', () => {
    const data = encode(fields);
    expect(decodeEvidence(data)).toBeDefined();
    // 7 as a number of two bytes, and the list with a header of three.
    expect(decodeEvidence(new Uint8Array([...data.slice(0, 2), 0xcc, ...data.slice(2)]))).toBeUndefined();
    expect(decodeEvidence(new Uint8Array([0xdc, 0, 9, ...data.slice(1)]))).toBeUndefined();
    expect(decodeEvidence(new Uint8Array([...data, 0xc0]))).toBeUndefined();
  });

  it('E3 anything is read or refused, never thrown', () => {
    const near = fc.tuple(fc.nat(160), fc.nat(255)).map(([at, byte]) => {
      const data = encode(fields);
      return data.with(at % data.length, byte);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), near, fc.anything().map(tryEncode)), (data) => {
        const evidence = decodeEvidence(data);
        if (evidence !== undefined && (data as Uint8Array)[0] === 0x98) {
          expect(decodeEvidence(encodeEvidence(evidence))).toEqual(evidence);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('E3 is a copy: what comes after does not change it', () => {
    const data = encode(fields);
    const evidence = decodeEvidence(data);
    data.fill(0);
    expect(evidence?.hash).toEqual(hash);
  });
});

function tryEncode(value: unknown): Uint8Array {
  try {
    return encode(value);
  } catch {
    return none;
  }
}
