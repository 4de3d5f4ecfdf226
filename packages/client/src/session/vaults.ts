import type { AccountId, SessionId } from '@undertone/protocol';
import type { Vault, VaultKeeper } from '@undertone/vault';

/** What is still to be done after someone signed out and had everything removed; a later start goes on with it. */
export interface Leaving {
  /** Whose data could not be removed, or not all of it. */
  readonly account: AccountId | null;
  /** The session that the server has not ended yet. */
  readonly session: SessionId | null;
}

/** The vaults of this browser or machine, one per account. */
export interface Vaults {
  exists(account: AccountId): Promise<boolean>;
  /** Rejects with the `VaultError` `locked` if a passphrase is needed first. */
  open(account: AccountId): Promise<Vault>;
  /** The account's vault with its lock. */
  keeper(account: AccountId): VaultKeeper;
  /** The keys of all vaults that were unlocked go out of memory. */
  forgetKeys(): void;
  /** Remove an account's vault and its files, open or not. Rejects if any of it may still be there. */
  remove(account: AccountId): Promise<void>;
  /** Who was signed in last and kept the keys here; known without a connection. */
  lastAccount(): Promise<AccountId | null>;
  /** The server's id of the session in which that was; it opens nothing. */
  lastSession(): Promise<SessionId | null>;
  setLastAccount(account: AccountId | null, session?: SessionId | null): Promise<void>;
  leaving(): Promise<Leaving | null>;
  setLeaving(leaving: Leaving | null): Promise<void>;
}
