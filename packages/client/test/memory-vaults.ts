import type { AccountId, SessionId } from '@undertone/protocol';
import { type Vault, VaultKeeper } from '@undertone/vault';
import { MemoryPlace } from '@undertone/vault/memory-place';
import { passphraseKey } from '@undertone/vault/passphrase-key';
import type { Leaving, Vaults } from '../src/index.ts';

/** Vaults that live as long as the test, like one browser profile's storage. */
export class MemoryVaults implements Vaults {
  readonly places = new Map<AccountId, MemoryPlace>();
  readonly #keepers = new Map<AccountId, VaultKeeper>();
  #last: AccountId | null = null;
  #lastSession: SessionId | null = null;
  #leaving: Leaving | null = null;
  /** For tests: the browser refuses to remove anything. */
  refusesToRemove = false;

  keeper(account: AccountId): VaultKeeper {
    const place = this.places.get(account) ?? new MemoryPlace();
    this.places.set(account, place);
    // As the real derivation, and cheap.
    const cheap = { memoryKib: 8, passes: 1 };
    const keeper =
      this.#keepers.get(account) ??
      new VaultKeeper(place, async (passphrase, params) => passphraseKey(passphrase, { ...params, ...cheap }));
    this.#keepers.set(account, keeper);
    return keeper;
  }

  exists(account: AccountId): Promise<boolean> {
    return this.keeper(account).exists();
  }

  open(account: AccountId): Promise<Vault> {
    return this.keeper(account).open();
  }

  forgetKeys(): void {
    for (const keeper of this.#keepers.values()) keeper.forget();
  }

  /** What is stored for the account now. */
  async copy(account: AccountId): Promise<MemoryPlace> {
    return (this.places.get(account) ?? new MemoryPlace()).copy();
  }

  /** Have the account's storage be an earlier copy of it. */
  putBack(account: AccountId, copy: MemoryPlace): void {
    this.places.set(account, copy.copy());
    this.#keepers.delete(account);
  }

  async remove(account: AccountId): Promise<void> {
    if (this.refusesToRemove) throw new Error('refused');
    await this.keeper(account).remove();
  }

  async lastAccount(): Promise<AccountId | null> {
    return this.#last;
  }

  async lastSession(): Promise<SessionId | null> {
    return this.#lastSession;
  }

  async setLastAccount(account: AccountId | null, session: SessionId | null = null): Promise<void> {
    this.#last = account;
    this.#lastSession = session;
  }

  async leaving(): Promise<Leaving | null> {
    return this.#leaving;
  }

  async setLeaving(leaving: Leaving | null): Promise<void> {
    this.#leaving = leaving;
  }
}
