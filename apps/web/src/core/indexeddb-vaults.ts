import type { Vaults } from '@undertone/client';
import type { AccountId } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { IndexedDbBackend } from '@undertone/vault/indexeddb';
import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import { OpfsFileStore } from './opfs-file-store.ts';

const vaultName = (account: AccountId): string => `undertone-vault-${account}`;
const indexName = 'undertone';
const indexStore = 'meta';

const openIndex = (): Promise<IDBPDatabase> =>
  openDB(indexName, 1, { upgrade: (db) => void db.createObjectStore(indexStore) });

/** One IndexedDB database per account, and a small one that remembers whose was open last. */
export class IndexedDbVaults implements Vaults {
  readonly #open = new Map<AccountId, Vault>();

  exists(account: AccountId): Promise<boolean> {
    return IndexedDbBackend.exists(vaultName(account));
  }

  async open(account: AccountId): Promise<Vault> {
    const vault = await Vault.open(await IndexedDbBackend.open(vaultName(account)));
    this.#open.set(account, vault);
    return vault;
  }

  async remove(account: AccountId): Promise<void> {
    this.#open.get(account)?.close();
    this.#open.delete(account);
    await deleteDB(vaultName(account));
    // Files whose keys are gone are of no use to anybody.
    await OpfsFileStore.removeAll(account).catch(() => {});
  }

  async lastAccount(): Promise<AccountId | null> {
    const index = await openIndex();
    const account: AccountId | undefined = await index.get(indexStore, 'lastAccount');
    index.close();
    return account ?? null;
  }

  async setLastAccount(account: AccountId | null): Promise<void> {
    const index = await openIndex();
    await index.put(indexStore, account, 'lastAccount');
    index.close();
  }
}
