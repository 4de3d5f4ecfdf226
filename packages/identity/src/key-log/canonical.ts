import { encode } from '@msgpack/msgpack';
import { decodeMsgpack, equalBytes } from '@undertone/protocol';

const loneSurrogate = /\p{Surrogate}/u;

/** Msgpack of `value`, in a buffer of just its size: it is kept for long. */
export function encodeCanonical(value: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return encode(value).slice();
}

/**
 * Values for which equal bytes and equal meaning are the same thing: arrays, byte strings, text, integers, booleans and nil.
 * Maps may be written in any order, and floats and text that is not Unicode decode alike on some machines only.
 */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof Uint8Array || value === null || typeof value === 'boolean') return true;
  if (typeof value === 'string') return !loneSurrogate.test(value);
  return Number.isSafeInteger(value);
}

/**
 * Decode msgpack that has just one spelling: what re-encodes to other bytes (longer lengths or integers than needed, trailing bytes)
 * is refused, so that a hash names one meaning. Throws on anything else. Byte strings in the result are views of `data`.
 */
export function decodeCanonical(data: Uint8Array): unknown {
  const value = decodeMsgpack(data);
  if (!isPlain(value) || !equalBytes(encode(value), data)) throw new RangeError('not canonical');
  return value;
}
