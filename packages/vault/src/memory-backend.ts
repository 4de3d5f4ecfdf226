import type { RawWrite, ScanRange, StoreName, VaultBackend, VaultHeader } from './backend.ts';

/** A backend for tests and for browsers that offer no storage; gone when the process is. */
export class MemoryBackend implements VaultBackend {
  readonly #stores = new Map<StoreName, Map<string, Uint8Array<ArrayBuffer>>>();
  readonly #keys = new Map<string, CryptoKey>();
  #header: VaultHeader | undefined;

  #store(name: StoreName): Map<string, Uint8Array<ArrayBuffer>> {
    const store = this.#stores.get(name) ?? new Map<string, Uint8Array<ArrayBuffer>>();
    this.#stores.set(name, store);
    return store;
  }

  async get(store: StoreName, key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#store(store).get(key)?.slice();
  }

  async keys(store: StoreName, { from, to, reverse = false, limit }: ScanRange): Promise<string[]> {
    const keys = [...this.#store(store).keys()]
      .filter((key) => (from === undefined || key >= from) && (to === undefined || key < to))
      .sort((a, b) => (a < b ? -1 : 1));
    if (reverse) keys.reverse();
    return keys.slice(0, limit);
  }

  async scan(store: StoreName, range: ScanRange) {
    const keys = await this.keys(store, range);
    return keys.flatMap((key) => {
      const value = this.#store(store).get(key);
      return value === undefined ? [] : [{ key, value: value.slice() }];
    });
  }

  async write(writes: readonly RawWrite[]): Promise<void> {
    for (const { store, key, value } of writes) {
      if (value === undefined) this.#store(store).delete(key);
      else this.#store(store).set(key, value.slice());
    }
  }

  /** All that is stored, and what comes after in either of the two stays there. */
  copy(): MemoryBackend {
    const copy = new MemoryBackend();
    for (const [name, values] of this.#stores) copy.#stores.set(name, new Map(values));
    for (const [name, key] of this.#keys) copy.#keys.set(name, key);
    copy.#header = structuredClone(this.#header);
    return copy;
  }

  async getKey(name: string): Promise<CryptoKey | undefined> {
    return this.#keys.get(name);
  }

  async putKey(name: string, key: CryptoKey): Promise<void> {
    this.#keys.set(name, key);
  }

  async keyNames(): Promise<string[]> {
    return [...this.#keys.keys()];
  }

  async getHeader(): Promise<unknown> {
    return structuredClone(this.#header);
  }

  async putHeader(header: VaultHeader): Promise<void> {
    this.#header = structuredClone(header);
  }

  close(): void {}

  async destroy(): Promise<void> {
    this.#stores.clear();
    this.#keys.clear();
    this.#header = undefined;
  }
}
