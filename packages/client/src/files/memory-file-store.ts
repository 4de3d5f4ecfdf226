import type { FileStore, StoreHandle } from './file-store.ts';

/** Files in memory, for tests and programs without a disk of their own; gone when the process is. */
export class MemoryFileStore implements FileStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #open = new Set<string>();
  quotaBytes = 2 ** 40;

  #used(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** The process that held files open has ended. */
  release(): void {
    this.#open.clear();
  }

  async open(name: string): Promise<StoreHandle> {
    if (this.#open.has(name)) throw new DOMException('open already', 'NoModificationAllowedError');
    this.#open.add(name);
    const { files } = this;
    if (!files.has(name)) files.set(name, new Uint8Array());
    const bytes = () => files.get(name) ?? new Uint8Array();
    return {
      get size() {
        return bytes().length;
      },
      read: async (start, end) => bytes().slice(start, end),
      write: async (at, part) => {
        const old = bytes();
        const size = Math.max(old.length, at + part.length);
        if (this.#used() + size - old.length > this.quotaBytes) throw new DOMException('full', 'QuotaExceededError');
        const next = size === old.length ? old : new Uint8Array(size);
        if (next !== old) next.set(old);
        next.set(part, at);
        files.set(name, next);
      },
      close: async () => void this.#open.delete(name),
    };
  }

  async blob(name: string): Promise<Blob> {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new DOMException('not there', 'NotFoundError');
    return new Blob([bytes]);
  }

  async remove(name: string): Promise<void> {
    if (this.#open.has(name)) throw new DOMException('open', 'NoModificationAllowedError');
    this.files.delete(name);
  }

  async names(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async usage() {
    return { usedBytes: this.#used(), quotaBytes: this.quotaBytes };
  }

  async persist(): Promise<void> {}
}
