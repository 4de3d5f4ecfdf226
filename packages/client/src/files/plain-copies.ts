import type { FileStore } from './file-store.ts';
import { release } from './release.ts';
import { withHandle } from './with-handle.ts';

/** Copies that are kept for further looks; the others are removed, and all of them at the next start. */
const copiesKept = 4;
const namePrefix = 'plain-';

/** Decrypted content that is too large for the memory, on the disk while it is used. */
export class PlainCopies {
  readonly #store: FileStore;
  /** Names in the store by those of the encrypted files, the one used last at the end. */
  readonly #names = new Map<string, string>();

  constructor(store: FileStore) {
    this.#store = store;
  }

  /** The copy of the encrypted file `name`, made of `content` if it is not there. Fails as `content` and the store do. */
  async open(name: string, content: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Blob> {
    const copy = this.#names.get(name) ?? (await this.#make(content));
    this.#names.delete(name);
    this.#names.set(name, copy);
    const [oldest] = this.#names;
    if (this.#names.size > copiesKept && oldest !== undefined) await this.remove(oldest[0]);
    return await this.#store.blob(copy);
  }

  async #make(content: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
    const copy = `${namePrefix}${crypto.randomUUID()}`;
    try {
      await withHandle(this.#store, copy, async (handle) => {
        let at = 0;
        for await (const part of content) {
          await handle.write(at, part);
          at += part.length;
          release(part);
        }
      });
    } catch (error) {
      await this.#store.remove(copy).catch(() => {});
      throw error;
    }
    return copy;
  }

  async remove(name: string): Promise<void> {
    const copy = this.#names.get(name);
    this.#names.delete(name);
    if (copy !== undefined) await this.#store.remove(copy).catch(() => {});
  }
}
