/** The bytes are not what the reader was asked for. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/**
 * Reads the presentation language of RFC 8446 §3 with the variable-size vectors of RFC 9420 §2.1.2, in their canonical form only. Byte
 * strings are views of the input, so nothing is allocated that the input did not bring. Fails with `MalformedError`.
 */
export class TlsReader {
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get position(): number {
    return this.#at;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#view.byteLength - at) throw new MalformedError('the input ends too early');
    this.#at = at + length;
    return at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** `opaque x[length]`. */
  fixed(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
  }

  /** The length before a vector: 1, 2 or 4 bytes, the fewest that hold it. */
  #length(): number {
    const first = this.uint8();
    const prefix = first >> 6;
    if (prefix === 0) return first;
    if (prefix === 3) throw new MalformedError('a length with a reserved prefix');
    this.#at -= 1;
    const length = prefix === 1 ? this.uint16() & 0x3fff : this.uint32() & 0x3fff_ffff;
    if (length < (prefix === 1 ? 0x40 : 0x4000)) throw new MalformedError('a length in more bytes than it needs');
    return length;
  }

  /** `opaque x<V>`; any other vector as well, as the bytes of its items. */
  opaque(): Uint8Array {
    return this.fixed(this.#length());
  }

  finish(): void {
    if (this.#at !== this.#view.byteLength) throw new MalformedError('bytes after the end');
  }
}

/** `length` as it stands before a vector of so many bytes (RFC 9420 §2.1.2). */
export function vectorLength(length: number): Uint8Array {
  if (length < 0x40) return Uint8Array.of(length);
  if (length < 0x4000) return Uint8Array.of(0x40 | (length >> 8), length & 0xff);
  return Uint8Array.of(0x80 | (length >>> 24), (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
}
