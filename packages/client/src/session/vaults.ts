import type { AccountId } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';

/** The vaults of this browser or machine, one per account. */
export interface Vaults {
  exists(account: AccountId): Promise<boolean>;
  open(account: AccountId): Promise<Vault>;
  /** Remove an account's vault, open or not. */
  remove(account: AccountId): Promise<void>;
  /** Who was signed in last and kept the keys here; known without a connection. */
  lastAccount(): Promise<AccountId | null>;
  setLastAccount(account: AccountId | null): Promise<void>;
}
