import { type AccountId, limits, type Profile, usernameProblem } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { LookAlikes } from './look-alikes.ts';

export interface ProfileSource {
  profiles(accounts: readonly string[]): Promise<{ profiles: Profile[] }>;
}

type KeysOf = (name: string) => readonly string[];

/** The table of characters that look alike is large, and no view waits for it. */
const loadNameKeys = async (): Promise<KeysOf> => (await import('./name-keys.ts')).nameKeys;

/** Names and pictures of the accounts that this browser has met, kept for when it is offline. */
export class PeopleBook {
  readonly #source: ProfileSource;
  readonly #vault: Vault;
  readonly #changed: (profiles: readonly Profile[]) => void;
  readonly #profiles: Map<AccountId, Profile>;
  readonly #asked = new Set<AccountId>();
  readonly #loadKeys: () => Promise<KeysOf>;
  #lookAlikes: LookAlikes | undefined;
  #loading: Promise<void> | undefined;

  private constructor(
    source: ProfileSource,
    vault: Vault,
    changed: (profiles: readonly Profile[]) => void,
    profiles: Map<AccountId, Profile>,
    loadKeys: () => Promise<KeysOf>,
  ) {
    this.#source = source;
    this.#vault = vault;
    this.#changed = changed;
    this.#profiles = profiles;
    this.#loadKeys = loadKeys;
  }

  /** `changed` is called with profiles that are new or changed, and with those that began or ceased to look like another one. */
  static async open(
    source: ProfileSource,
    vault: Vault,
    changed: (profiles: readonly Profile[]) => void,
    loadKeys: () => Promise<KeysOf> = loadNameKeys,
  ): Promise<PeopleBook> {
    const stored = await vault.scan<Profile>('profiles');
    const profiles = new Map(stored.map(({ value }) => [value.id, value]));
    const book = new PeopleBook(source, vault, changed, profiles, loadKeys);
    void book.compared();
    return book;
  }

  /** Resolves once names can be compared, or it turned out that they cannot be for now: the next profile tries again. */
  compared(): Promise<void> {
    this.#loading ??= this.#compareAll().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Whether the account's name looks like a name of another one that this browser knows. */
  alike(account: AccountId): boolean {
    return this.#lookAlikes?.has(account) ?? false;
  }

  get(account: AccountId): Profile | undefined {
    return this.#profiles.get(account);
  }

  all(): Profile[] {
    return [...this.#profiles.values()];
  }

  /** `fresh`, and those whose names look like another one since then, or no longer do. */
  #withOthers(fresh: readonly Profile[]): readonly Profile[] {
    const lookAlikes = this.#lookAlikes;
    if (lookAlikes === undefined) return fresh;
    const ids = new Set(fresh.map(({ id }) => id));
    for (const profile of fresh) for (const other of lookAlikes.set(profile.id, profile)) ids.add(other);
    return [...ids].flatMap((id) => this.#profiles.get(id) ?? []);
  }

  async #compareAll(): Promise<void> {
    if (this.#lookAlikes !== undefined) return;
    let keysOf: KeysOf;
    try {
      keysOf = await this.#loadKeys();
    } catch {
      // The table is a file of its own, which did not arrive.
      return;
    }
    const lookAlikes = new LookAlikes(keysOf);
    for (const profile of this.#profiles.values()) lookAlikes.set(profile.id, profile);
    this.#lookAlikes = lookAlikes;
    const found = this.all().filter(({ id }) => lookAlikes.has(id));
    if (found.length > 0) this.#changed(found);
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
    this.#changed(this.#withOthers(fresh));
    if (this.#lookAlikes === undefined) void this.compared();
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
