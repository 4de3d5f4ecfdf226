import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Bytes } from './bytes.ts';

/**
 * Reads the presentation language of RFC 8446 §3 with the variable-size vectors of RFC 9420 §2.1.2. Only the canonical encoding
 * is accepted, so that encoding again gives the same bytes. Byte strings are views of the input: nothing is allocated that the input
 * did not pay for. All failures are `malformed`.
 */
export class Reader {
  readonly #bytes: Bytes;
  #at: number;
  #end: number;
  #items = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** What was read since `position`. */
  since(position: number): Bytes {
    return this.#bytes.subarray(position, this.#at);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw new MlsError('malformed', 'the input ends too early');
    this.#at = at + length;
    return at;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  uint16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  uint32(): number {
    const high = this.uint16();
    return high * 0x10000 + this.uint16();
  }

  uint64(): bigint {
    const high = BigInt(this.uint32());
    return (high << 32n) | BigInt(this.uint32());
  }

  /** `opaque x[length]`. */
  fixed(length: number): Bytes {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** The length in front of a vector: 1, 2 or 4 bytes, the shortest that hold it (RFC 9420 §2.1.2). */
  length(): number {
    const first = this.uint8();
    switch (first >> 6) {
      case 0:
        return first;
      case 1: {
        const value = ((first & 0x3f) << 8) | this.uint8();
        if (value < 0x40) throw new MlsError('malformed', 'a length in more bytes than it needs');
        return value;
      }
      case 2: {
        const value = ((first & 0x3f) << 24) | (this.uint8() << 16) | this.uint16();
        if (value < 0x4000) throw new MlsError('malformed', 'a length in more bytes than it needs');
        return value;
      }
      default:
        throw new MlsError('malformed', 'a length with a reserved prefix');
    }
  }

  /** `opaque x<V>`. */
  opaque(): Bytes {
    return this.fixed(this.length());
  }

  /** `T x<V>`. */
  vector<T>(readItem: (reader: Reader) => T): T[] {
    const length = this.length();
    if (length > this.remaining) throw new MlsError('malformed', 'the input ends too early');
    const outerEnd = this.#end;
    this.#end = this.#at + length;
    const items: T[] = [];
    while (this.#at < this.#end) {
      if (++this.#items > limits.vectorItems) throw new MlsError('malformed', 'too many items');
      items.push(readItem(this));
    }
    this.#end = outerEnd;
    return items;
  }

  /** `optional<T> x` (RFC 9420 §2.1.1). */
  optional<T>(readItem: (reader: Reader) => T): T | undefined {
    switch (this.uint8()) {
      case 0:
        return undefined;
      case 1:
        return readItem(this);
      default:
        throw new MlsError('malformed', 'a presence octet that is neither 0 nor 1');
    }
  }

  finish(): void {
    if (this.#at !== this.#end) throw new MlsError('malformed', 'bytes after the end');
  }
}

/** Reads all of `bytes` as one `T`. */
export function decode<T>(bytes: Bytes, read: (reader: Reader) => T): T {
  const reader = new Reader(bytes);
  const value = read(reader);
  reader.finish();
  return value;
}
