import type { Leaving, Vaults } from '@undertone/client';
import type { AccountId, SessionId } from '@undertone/protocol';
import { type Vault, VaultKeeper } from '@undertone/vault';
import { IndexedDbPlace, removeDatabases } from '@undertone/vault/indexeddb';
import { type IDBPDatabase, openDB } from 'idb';
import type { KeyHandover } from './key-handover.ts';
import { OpfsFileStore } from './opfs-file-store.ts';
import { derivePassphraseKey } from './passphrase-worker.ts';

const vaultName = (account: AccountId): string => `undertone-vault-${account}`;
const indexName = 'undertone';
const indexStore = 'meta';

type Note = 'lastAccount' | 'lastSession' | 'leaving';

async function withIndex<T>(use: (index: IDBPDatabase) => Promise<T>): Promise<T> {
  const index = await openDB(indexName, 1, { upgrade: (db) => void db.createObjectStore(indexStore) });
  try {
    return await use(index);
  } finally {
    index.close();
  }
}

const read = <T>(note: Note): Promise<T | null> =>
  withIndex(async (index) => ((await index.get(indexStore, note)) as T | undefined) ?? null);

/** Null takes a note away. */
const write = (notes: Partial<Record<Note, unknown>>): Promise<void> =>
  withIndex(async (index) => {
    const tx = index.transaction(indexStore, 'readwrite', { durability: 'strict' });
    const requests = Object.entries(notes).map(([note, value]) =>
      value === null ? tx.store.delete(note) : tx.store.put(value, note),
    );
    await Promise.all([...requests, tx.done]);
  });

/** One vault in IndexedDB per account, and a small database that remembers whose was open last and whose is to be removed. */
export class IndexedDbVaults implements Vaults {
  readonly #handover: KeyHandover;
  readonly #keepers = new Map<AccountId, VaultKeeper>();
  readonly #open = new Map<AccountId, Vault>();

  constructor(handover: KeyHandover) {
    this.#handover = handover;
  }

  keeper(account: AccountId): VaultKeeper {
    let keeper = this.#keepers.get(account);
    if (keeper === undefined) {
      const place = new IndexedDbPlace(vaultName(account));
      keeper = new VaultKeeper(place, derivePassphraseKey, (key) => this.#handover.changed(account, key));
      const key = this.#handover.keyOf(account);
      if (key !== undefined) keeper.adopt(key);
      this.#keepers.set(account, keeper);
    }
    return keeper;
  }

  forgetKeys(): void {
    for (const keeper of this.#keepers.values()) keeper.forget();
  }

  exists(account: AccountId): Promise<boolean> {
    return this.keeper(account).exists();
  }

  async open(account: AccountId): Promise<Vault> {
    const vault = await this.keeper(account).open();
    this.#open.set(account, vault);
    return vault;
  }

  async remove(account: AccountId): Promise<void> {
    this.#open.get(account)?.close();
    this.#open.delete(account);
    // One that fails does not spare the other.
    const removals = [this.keeper(account).remove(), OpfsFileStore.removeAll(account)];
    const failed = (await Promise.allSettled(removals)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  lastAccount(): Promise<AccountId | null> {
    return read('lastAccount');
  }

  lastSession(): Promise<SessionId | null> {
    return read('lastSession');
  }

  async setLastAccount(account: AccountId | null, session: SessionId | null = null): Promise<void> {
    await write({ lastAccount: account, lastSession: session });
  }

  leaving(): Promise<Leaving | null> {
    return read('leaving');
  }

  async setLeaving(leaving: Leaving | null): Promise<void> {
    if (leaving !== null) return await write({ leaving });
    await write({ leaving });
    // Nobody is here any more: the names of those who were go from the disk too.
    if ((await this.lastAccount()) === null) await removeDatabases([indexName]);
  }
}
