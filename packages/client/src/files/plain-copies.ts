import type { FileStore } from './file-store.ts';
import { release } from './release.ts';
import { withHandle } from './with-handle.ts';

/** Copies that are kept for further looks; the others are removed, and all of them at the next start. */
const copiesKept = 4;
const namePrefix = 'plain-';

/** Remove decrypted copies that an earlier run left in a store. Gives the sentence to show where one is still there. */
export async function removePlainCopies(store: FileStore): Promise<string | null> {
  try {
    for (const name of await store.names()) if (name.startsWith(namePrefix)) await store.remove(name);
    return null;
  } catch {
    return 'A file that you opened could not be removed from this browser’s storage. It can be read without your passphrase until you unlock Undertone and lock it again.';
  }
}

/** Decrypted content that is too large for the memory, on the disk while it is used. */
export class PlainCopies {
  readonly #store: FileStore;
  /** Names in the store by those of the encrypted files, the one used last at the end. */
  readonly #names = new Map<string, string>();
  readonly #making = new Set<Promise<string>>();
  #closed: Promise<void> | undefined;

  constructor(store: FileStore) {
    this.#store = store;
  }

  /** The copy of the encrypted file `name`, made of `content` if it is not there. Fails as `content` and the store do. */
  async open(name: string, content: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Blob> {
    const copy = this.#names.get(name) ?? (await this.#begin(content));
    this.#names.delete(name);
    this.#names.set(name, copy);
    const [oldest] = this.#names;
    if (this.#names.size > copiesKept && oldest !== undefined) await this.remove(oldest[0]);
    return await this.#store.blob(copy);
  }

  async #begin(content: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
    const making = this.#make(content);
    this.#making.add(making);
    try {
      return await making;
    } finally {
      this.#making.delete(making);
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw new DOMException('closed', 'AbortError');
  }

  async #make(content: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
    const copy = `${namePrefix}${crypto.randomUUID()}`;
    try {
      await withHandle(this.#store, copy, async (handle) => {
        let at = 0;
        for await (const part of content) {
          this.#refuseIfClosed();
          await handle.write(at, part);
          at += part.length;
          release(part);
        }
      });
      this.#refuseIfClosed();
    } catch (error) {
      await this.#store.remove(copy).catch(() => {});
      throw error;
    }
    return copy;
  }

  /** No copy is made any more, and those that are there are removed. */
  close(): Promise<void> {
    this.#closed ??= this.#removeAll();
    return this.#closed;
  }

  async #removeAll(): Promise<void> {
    await Promise.allSettled(this.#making);
    for (const name of [...this.#names.keys()]) await this.remove(name);
  }

  async remove(name: string): Promise<void> {
    const copy = this.#names.get(name);
    this.#names.delete(name);
    if (copy !== undefined) await this.#store.remove(copy).catch(() => {});
  }
}
