import type { AccountId } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import type { Vaults } from '../src/index.ts';

/** Vaults that live as long as the test, like one browser profile's storage. */
export class MemoryVaults implements Vaults {
  readonly #backends = new Map<AccountId, MemoryBackend>();
  #last: AccountId | null = null;

  async exists(account: AccountId): Promise<boolean> {
    return this.#backends.has(account);
  }

  async open(account: AccountId): Promise<Vault> {
    const backend = this.#backends.get(account) ?? new MemoryBackend();
    this.#backends.set(account, backend);
    return await Vault.open(backend);
  }

  /** What is stored for the account now. */
  async copy(account: AccountId): Promise<MemoryBackend> {
    return (this.#backends.get(account) ?? new MemoryBackend()).copy();
  }

  /** Have the account's storage be an earlier copy of it. */
  putBack(account: AccountId, copy: MemoryBackend): void {
    this.#backends.set(account, copy.copy());
  }

  async remove(account: AccountId): Promise<void> {
    this.#backends.delete(account);
  }

  async lastAccount(): Promise<AccountId | null> {
    return this.#last;
  }

  async setLastAccount(account: AccountId | null): Promise<void> {
    this.#last = account;
  }
}
