import { ByteReader } from './byte-reader.ts';
import { contentRange, type Encoding, encodeHeader, type Layout, recordRange, sealRecord } from './content-encoding.ts';
import { FileDigest } from './file-digest.ts';
import { readingFailure, storeFailure } from './file-failures.ts';
import type { StoreHandle } from './file-store.ts';
import { release } from './release.ts';

/**
 * The encrypted form of a file while it is written, which others read behind the writer. The ciphertext stands on the disk before any of it
 * is sent, so that what is sent again is the same to the byte (SPEC F2).
 */
export class Staging {
  readonly #handle: StoreHandle;
  readonly #layout: Layout;
  #staged = 0;
  #failure: unknown;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(handle: StoreHandle, layout: Layout, staged = 0) {
    this.#handle = handle;
    this.#layout = layout;
    this.#staged = staged;
  }

  #moved(staged: number): void {
    this.#staged = staged;
    for (const wake of this.#waiting) wake();
  }

  /** Encrypt all of `content`, and give the digest of what is stored. Fails with `file_unreadable` or `storage_full_here`; those who read fail with the same. */
  async write(encoding: Encoding, content: Blob, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#write(encoding, content, signal);
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#ended = true;
      this.#moved(this.#staged);
    }
  }

  async #write(encoding: Encoding, content: Blob, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const layout = this.#layout;
    const reader = new ByteReader(content.stream());
    let room = new ArrayBuffer(layout.recordBytes);
    const sealed = async (record: number) => {
      const { start, end } = contentRange(layout, record);
      const bytes = await reader.take(end - start, room).catch((cause) => Promise.reject(readingFailure(cause)));
      room = bytes.buffer;
      if (bytes.length < end - start) throw readingFailure(new DOMException('shorter', 'NotReadableError'));
      return await sealRecord(encoding, layout, record, bytes, room);
    };
    const digest = new FileDigest(layout);
    const header = encodeHeader(encoding);
    await digest.header(header);
    await this.#put(0, header);
    // The next record is read and sealed while the last one is hashed and written.
    let next = sealed(0);
    for (let record = 0; record < layout.records; record++) {
      signal.throwIfAborted();
      const bytes = await next;
      if (record + 1 < layout.records) {
        next = sealed(record + 1);
        next.catch(() => {});
      }
      await Promise.all([digest.record(record, bytes), this.#put(recordRange(layout, record).start, bytes)]);
      release(bytes);
    }
    return await digest.result();
  }

  async #put(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#handle.write(at, bytes);
    } catch (cause) {
      throw storeFailure(cause);
    }
    this.#moved(at + bytes.length);
  }

  /** A stretch of the encrypted form, as soon as it is there; in `room`, if that is given. */
  async read(start: number, end: number, room?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    const to = Math.min(end, this.#layout.encodedBytes);
    while (this.#staged < to) {
      if (this.#ended) throw this.#failure ?? new RangeError('not staged');
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
    return await this.#handle.read(start, to, room);
  }
}
