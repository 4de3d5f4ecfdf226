import type { Bytes } from '../../src/codec/bytes.ts';
import { below, isLongRun, seededRandom } from './random.ts';

export interface Mutation {
  readonly what: string;
  readonly bytes: Bytes;
}

/** CI tries a part of what costs a signature each. */
export const costlyStride = isLongRun ? 1 : 7;

/** Every `stride`th byte changed once by one bit, the first and last ones by every bit. */
export function* flips(original: Uint8Array, stride = 1): Generator<Mutation> {
  const random = seededRandom(original.length);
  const edge = Math.ceil(12 / stride);
  for (let at = 0; at < original.length; at += stride) {
    const isEdge = at < edge || at >= original.length - edge;
    const bits = isEdge ? [0, 1, 2, 3, 4, 5, 6, 7] : [below(random, 8)];
    for (const bit of bits) {
      const bytes = new Uint8Array(original);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      yield { what: `bit ${bit} of byte ${at}`, bytes };
    }
  }
}

/** Cut at every length, and with something behind. */
export function* cuts(original: Uint8Array): Generator<Mutation> {
  for (let length = 0; length < original.length; length++) {
    yield { what: `cut to ${length}`, bytes: new Uint8Array(original.subarray(0, length)) };
  }
  for (const tail of [1, 4, 300]) {
    const bytes = new Uint8Array(original.length + tail);
    bytes.set(original);
    yield { what: `${tail} bytes more`, bytes };
  }
}

export function* all(original: Uint8Array): Generator<Mutation> {
  yield* flips(original);
  yield* cuts(original);
}
