import type { Layout } from './content-encoding.ts';

const hashBytes = 32;

/**
 * The digest of a stored file (SPEC F1): SHA-256 over the SHA-256 of its header and of each record, in order. WebCrypto hashes no streams; so
 * each part is hashed beside the other work on it, in any order.
 */
export class FileDigest {
  readonly #parts: Uint8Array<ArrayBuffer>;

  constructor({ records }: Layout) {
    this.#parts = new Uint8Array((1 + records) * hashBytes);
  }

  async #add(part: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#parts.set(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), part * hashBytes);
  }

  /** The bytes are free again once this has resolved. */
  header(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#add(0, bytes);
  }

  /** The bytes are free again once this has resolved. */
  record(record: number, sealed: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#add(1 + record, sealed);
  }

  /** 32 bytes, once every part was added. */
  async result(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', this.#parts));
  }
}
