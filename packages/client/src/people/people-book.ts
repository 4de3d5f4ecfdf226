import { type AccountId, limits, type Profile, usernameProblem } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';

export interface ProfileSource {
  profiles(accounts: readonly string[]): Promise<{ profiles: Profile[] }>;
}

/** Names and pictures of the accounts that this browser has met, kept for when it is offline. */
export class PeopleBook {
  readonly #source: ProfileSource;
  readonly #vault: Vault;
  readonly #changed: (profiles: readonly Profile[]) => void;
  readonly #profiles: Map<AccountId, Profile>;
  readonly #asked = new Set<AccountId>();

  private constructor(
    source: ProfileSource,
    vault: Vault,
    changed: (profiles: readonly Profile[]) => void,
    profiles: Map<AccountId, Profile>,
  ) {
    this.#source = source;
    this.#vault = vault;
    this.#changed = changed;
    this.#profiles = profiles;
  }

  static async open(
    source: ProfileSource,
    vault: Vault,
    changed: (profiles: readonly Profile[]) => void,
  ): Promise<PeopleBook> {
    const stored = await vault.scan<Profile>('profiles');
    return new PeopleBook(source, vault, changed, new Map(stored.map(({ value }) => [value.id, value])));
  }

  get(account: AccountId): Profile | undefined {
    return this.#profiles.get(account);
  }

  all(): Profile[] {
    return [...this.#profiles.values()];
  }

  /** Nobody's username ever changes, but for what stands in a deleted one's place: two people's names cannot be swapped. */
  #withKnownName(profile: Profile): Profile {
    const known = this.#profiles.get(profile.id);
    if (known === undefined || usernameProblem(profile.username) !== undefined) return profile;
    return { ...profile, username: known.username };
  }

  /** Note profiles that came from the server; unchanged ones cost nothing. */
  async put(given: readonly Profile[]): Promise<void> {
    const profiles = given.map((profile) => this.#withKnownName(profile));
    const fresh = profiles.filter((profile) => {
      const known = this.#profiles.get(profile.id);
      return (
        known?.username !== profile.username ||
        known.displayName !== profile.displayName ||
        known.avatar !== profile.avatar
      );
    });
    if (fresh.length === 0) return;
    for (const profile of fresh) this.#profiles.set(profile.id, profile);
    await this.#vault.write(fresh.map((profile) => ({ store: 'profiles', key: profile.id, value: profile })));
    this.#changed(fresh);
  }

  /** Fetch those that are not known; once per account while online. Rejects with `OfflineError` where nothing was reached. */
  async load(accounts: Iterable<AccountId>): Promise<void> {
    const missing = [...new Set(accounts)].filter((id) => !this.#profiles.has(id) && !this.#asked.has(id));
    for (let i = 0; i < missing.length; i += limits.batchAccounts) {
      const batch = missing.slice(i, i + limits.batchAccounts);
      for (const account of batch) this.#asked.add(account);
      try {
        await this.put((await this.#source.profiles(batch)).profiles);
      } finally {
        for (const account of batch) this.#asked.delete(account);
      }
    }
  }
}
