import { deleteDB, openDB } from 'idb';
import { IndexedDbBackend } from './indexeddb-backend.ts';
import type { VaultPlace } from './vault-keeper.ts';

/** Made and removed again beside a database that goes; see `sweepingUp`. */
const sweepNames = ['undertone-sweep-1', 'undertone-sweep-2'] as const;
const sweepStore = 'sweep';

async function makeSweep(name: string): Promise<void> {
  const db = await openDB(name, 1, { upgrade: (made) => void made.createObjectStore(sweepStore) });
  const tx = db.transaction(sweepStore, 'readwrite', { durability: 'strict' });
  await Promise.all([tx.store.put(0, 0), tx.done]);
  db.close();
}

/**
 * Delete databases so that their bytes go from the disk too, as far as a page can bring that about.
 *
 * Chromium keeps all IndexedDB databases of a site in one LevelDB, where what is deleted stays readable in the files until they are
 * compacted. Deleting a database compacts its own range of keys only, and only levels that had files before. Two more databases, made
 * before and deleted after it, make Chromium merge the files that hold the deleted entries with a later one, which drops them; by one
 * alone they move down a level. Measured on Chromium 156 with 1 and 30 MB (e2e/lock.spec.ts looks into the files). Other browsers keep
 * a file per database and need none of it.
 */
async function sweepingUp(remove: () => Promise<void>): Promise<void> {
  for (const name of sweepNames) await makeSweep(name);
  await remove();
  for (const name of sweepNames) await deleteDB(name);
}

/** Delete these databases of IndexedDB, open or not; connections of other tabs are told to close. */
export async function removeDatabases(names: readonly string[]): Promise<void> {
  await sweepingUp(async () => {
    for (const name of names) await deleteDB(name);
  });
}

/** One IndexedDB database per generation: `<name>`, `<name>.1`, `<name>.2` … */
export class IndexedDbPlace implements VaultPlace {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  #nameOf(generation: number): string {
    return generation === 0 ? this.#name : `${this.#name}.${generation}`;
  }

  async generations(): Promise<number[]> {
    const names = (await indexedDB.databases()).map(({ name = '' }) => name);
    return names.flatMap((name) => {
      if (name === this.#name) return [0];
      const generation = name.startsWith(`${this.#name}.`) ? Number(name.slice(this.#name.length + 1)) : 0;
      return Number.isSafeInteger(generation) && generation > 0 ? [generation] : [];
    });
  }

  open(generation: number): Promise<IndexedDbBackend> {
    return IndexedDbBackend.open(this.#nameOf(generation));
  }

  async remove(generation: number): Promise<void> {
    await removeDatabases([this.#nameOf(generation)]);
  }
}
