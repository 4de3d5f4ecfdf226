import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesKey } from '../codec/bytes.ts';
import { type ByteMap, byteMapDelete, byteMapGet, byteMapSet, emptyByteMap, hashOf } from './byte-map.ts';

type Operation = { readonly kind: 'set'; readonly key: Uint8Array; readonly value: number } | Deletion;
type Deletion = { readonly kind: 'delete'; readonly key: Uint8Array };

/** Two keys with one hash: among so many there are some (2^32 hashes, 2^37 pairs). */
function collision(): [Uint8Array, Uint8Array] {
  const seen = new Map<number, Uint8Array>();
  for (let i = 0; i < 2 ** 19; i++) {
    const candidate = crypto.getRandomValues(new Uint8Array(8));
    const twin = seen.get(hashOf(candidate));
    if (twin !== undefined) return [twin, candidate];
    seen.set(hashOf(candidate), candidate);
  }
  throw new Error('no two keys with one hash');
}

const collidingKeys = collision();

/** Few keys, so that they meet again; and among them those that share a hash. */
const key = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 1 }).map(([byte = 0]) => new Uint8Array([byte % 40])),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.constantFrom(...collidingKeys),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ kind: fc.constant('delete' as const), key }),
);

function applied(map: ByteMap<number>, change: Operation): ByteMap<number> {
  return change.kind === 'set' ? byteMapSet(map, change.key, change.value) : byteMapDelete(map, change.key);
}

function expectSame(map: ByteMap<number>, model: ReadonlyMap<string, number>, keys: readonly Uint8Array[]): void {
  expect(map.size).toBe(model.size);
  for (const candidate of keys) expect(byteMapGet(map, candidate)).toBe(model.get(bytesKey(candidate)));
}

describe('byte map', () => {
  it('is as a Map after any operations, and all former versions stay as they were', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const keys = operations.map((change) => change.key);
        const versions: [ByteMap<number>, Map<string, number>][] = [[emptyByteMap, new Map()]];
        for (const change of operations) {
          const [map, model] = versions.at(-1) as [ByteMap<number>, Map<string, number>];
          const next = new Map(model);
          if (change.kind === 'set') next.set(bytesKey(change.key), change.value);
          else next.delete(bytesKey(change.key));
          versions.push([applied(map, change), next]);
        }
        for (const [map, model] of versions) expectSame(map, model, keys);
      }),
    );
  });

  it('is empty again when all is deleted', () => {
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        let map: ByteMap<number> = emptyByteMap;
        for (const [value, each] of keys.entries()) map = byteMapSet(map, each, value);
        for (const each of keys) map = byteMapDelete(map, each);
        expect(map).toEqual({ root: undefined, size: 0 });
      }),
    );
  });

  it('tells keys of the same hash apart', () => {
    const [first, second] = collidingKeys;
    const both = byteMapSet(byteMapSet(emptyByteMap as ByteMap<string>, first, 'first'), second, 'second');
    expect([byteMapGet(both, first), byteMapGet(both, second), both.size]).toEqual(['first', 'second', 2]);
    const one = byteMapDelete(both, first);
    expect([byteMapGet(one, first), byteMapGet(one, second), one.size]).toEqual([undefined, 'second', 1]);
  });

  it('deleting what is not there changes nothing', () => {
    const map = byteMapSet(emptyByteMap as ByteMap<number>, new Uint8Array([1]), 1);
    expect(byteMapDelete(map, new Uint8Array([2]))).toBe(map);
  });
});
