import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import {
  type RawWrite,
  type ScanRange,
  type StoreName,
  storeNames,
  type VaultBackend,
  type VaultHeader,
} from './backend.ts';

const keyStore = 'keys';
/** Beside the key handles, which have names of their own. */
const headerName = 'header';

function keyRange({ from, to }: ScanRange): IDBKeyRange | null {
  if (from !== undefined && to !== undefined) return IDBKeyRange.bound(from, to, false, true);
  if (from !== undefined) return IDBKeyRange.lowerBound(from);
  if (to !== undefined) return IDBKeyRange.upperBound(to, true);
  return null;
}

/** The browser's own storage: one database per account. */
export class IndexedDbBackend implements VaultBackend {
  readonly #db: IDBPDatabase;

  private constructor(db: IDBPDatabase) {
    this.#db = db;
  }

  /** Open or create the database `name`. */
  static async open(name: string): Promise<IndexedDbBackend> {
    const db = await openDB(name, 1, {
      upgrade(database) {
        for (const store of [...storeNames, keyStore]) database.createObjectStore(store);
      },
      // Another tab wants to delete the database (sign-out that removes everything): let go of it.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new IndexedDbBackend(db);
  }

  static async exists(name: string): Promise<boolean> {
    return (await indexedDB.databases()).some((database) => database.name === name);
  }

  async get(store: StoreName, key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await this.#db.get(store, key);
  }

  async scan(store: StoreName, range: ScanRange) {
    const { reverse = false, limit } = range;
    const query = keyRange(range);
    if (!reverse) {
      const tx = this.#db.transaction(store);
      const [keys, values] = await Promise.all([tx.store.getAllKeys(query, limit), tx.store.getAll(query, limit)]);
      return keys.map((key, i) => ({ key: String(key), value: values[i] as Uint8Array<ArrayBuffer> }));
    }
    const found: { key: string; value: Uint8Array<ArrayBuffer> }[] = [];
    let cursor = await this.#db.transaction(store).store.openCursor(query, 'prev');
    while (cursor !== null && (limit === undefined || found.length < limit)) {
      found.push({ key: String(cursor.key), value: cursor.value });
      cursor = await cursor.continue();
    }
    return found;
  }

  async keys(store: StoreName, range: ScanRange): Promise<string[]> {
    if (range.reverse === true) return (await this.scan(store, range)).map(({ key }) => key);
    return (await this.#db.getAllKeys(store, keyRange(range), range.limit)).map(String);
  }

  async write(writes: readonly RawWrite[], { durable }: { readonly durable: boolean }): Promise<void> {
    if (writes.length === 0) return;
    const stores = [...new Set(writes.map((write) => write.store))];
    const tx = this.#db.transaction(stores, 'readwrite', { durability: durable ? 'strict' : 'relaxed' });
    // Requests are not awaited one by one: the transaction's end tells of them all, and an error aborts it whole.
    const requests = writes.map(({ store, key, value }) =>
      value === undefined ? tx.objectStore(store).delete(key) : tx.objectStore(store).put(value, key),
    );
    await Promise.all([...requests, tx.done]);
  }

  async getKey(name: string): Promise<CryptoKey | undefined> {
    return await this.#db.get(keyStore, name);
  }

  async putKey(name: string, key: CryptoKey): Promise<void> {
    const tx = this.#db.transaction(keyStore, 'readwrite', { durability: 'strict' });
    await Promise.all([tx.store.put(key, name), tx.done]);
  }

  async keyNames(): Promise<string[]> {
    return (await this.#db.getAllKeys(keyStore)).map(String).filter((name) => name !== headerName);
  }

  async getHeader(): Promise<unknown> {
    return await this.#db.get(keyStore, headerName);
  }

  async putHeader(header: VaultHeader): Promise<void> {
    const tx = this.#db.transaction(keyStore, 'readwrite', { durability: 'strict' });
    await Promise.all([tx.store.put(header, headerName), tx.done]);
  }

  close(): void {
    this.#db.close();
  }

  async destroy(): Promise<void> {
    this.#db.close();
    await deleteDB(this.#db.name);
  }
}
