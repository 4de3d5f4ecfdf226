import { MlsError } from '../errors.ts';
import type { Bytes } from './bytes.ts';

/** The largest length that a vector may have (RFC 9420 §2.1.2). */
const maxVectorBytes = 0x3fffffff;
const widestLength = 4;

function lengthBytes(length: number): 1 | 2 | 4 {
  if (length < 0x40) return 1;
  if (length < 0x4000) return 2;
  if (length <= maxVectorBytes) return 4;
  throw new MlsError('misuse', 'too long to be encoded');
}

/** How long `opaque x<V>` of this length is. A writer of the exact capacity is not copied when it is finished. */
export function opaqueBytes(length: number): number {
  return length + lengthBytes(length);
}

/** Writes what `Reader` reads. */
export class Writer {
  #bytes: Bytes;
  #at = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #reserve(length: number): number {
    const at = this.#at;
    const needed = at + length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      // What was written may be secret.
      this.#bytes.fill(0);
      this.#bytes = grown;
    }
    this.#at = needed;
    return at;
  }

  // Bytes are set one by one: a DataView for each of the many small writers of a tree would cost more than all the rest.

  uint8(value: number): this {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
    return this;
  }

  uint16(value: number): this {
    const at = this.#reserve(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
    return this;
  }

  uint64(value: bigint): this {
    return this.uint32(Number((value >> 32n) & 0xffffffffn)).uint32(Number(value & 0xffffffffn));
  }

  fixed(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  length(value: number): this {
    switch (lengthBytes(value)) {
      case 1:
        return this.uint8(value);
      case 2:
        return this.uint16(value | 0x4000);
      case 4:
        return this.uint32((value | 0x80000000) >>> 0);
    }
  }

  opaque(bytes: Uint8Array): this {
    return this.length(bytes.length).fixed(bytes);
  }

  /** Writes items first and their length afterwards, since it decides how wide the length is. */
  vector<T>(items: Iterable<T>, writeItem: (writer: Writer, item: T) => void): this {
    const start = this.#reserve(widestLength);
    const body = start + widestLength;
    for (const item of items) writeItem(this, item);
    const end = this.#at;
    const length = end - body;
    const width = lengthBytes(length);
    if (width < widestLength) this.#bytes.copyWithin(start + width, body, end);
    this.#at = start;
    this.length(length);
    this.#at = start + width + length;
    return this;
  }

  optional<T>(value: T | undefined, writeItem: (writer: Writer, item: T) => void): this {
    if (value === undefined) return this.uint8(0);
    this.uint8(1);
    writeItem(this, value);
    return this;
  }

  /** Begins again in the same memory: for what is written often, read at once and not secret. */
  restart(): this {
    this.#at = 0;
    return this;
  }

  /** What was written, until the writer is used again. */
  written(): Bytes {
    return this.#bytes.subarray(0, this.#at);
  }

  /** What was written, as bytes of its own. The writer must not be used afterwards. */
  finish(): Bytes {
    return this.#at === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#at);
  }
}

/** The encoding of one `T`. */
export function encode<T>(value: T, write: (writer: Writer, value: T) => void): Bytes {
  const writer = new Writer();
  write(writer, value);
  return writer.finish();
}
