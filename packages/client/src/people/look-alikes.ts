import type { AccountId } from '@undertone/protocol';

export interface Names {
  readonly username: string;
  readonly displayName: string | null;
}

interface Keys {
  /** Of the name that is shown: the display name, or the username where there is none. */
  readonly shown: readonly string[];
  readonly username: readonly string[];
}

/**
 * Whose shown name looks like a name of someone else, kept up to date person by person: two people may share tens of thousands of
 * others with them, so nobody is compared with everyone.
 */
export class LookAlikes {
  readonly #keysOf: (name: string) => readonly string[];
  readonly #keys = new Map<AccountId, Keys>();
  readonly #shown = new Map<string, Set<AccountId>>();
  readonly #usernames = new Map<string, Set<AccountId>>();

  /** `keysOf`: names that share one of their keys look alike. */
  constructor(keysOf: (name: string) => readonly string[]) {
    this.#keysOf = keysOf;
  }

  /** Note a person's names. Returns the others whose answer of `has` is another one since then. */
  set(account: AccountId, { username, displayName }: Names): readonly AccountId[] {
    const own = this.#keysOf(username);
    const display = displayName === null ? [] : this.#keysOf(displayName);
    const next: Keys = { shown: display.length > 0 ? display : own, username: own };
    const before = this.#keys.get(account);
    const touched = new Set([...all(before), ...all(next)]);
    const others = [...touched].flatMap((key) => this.#few(key)).filter((other) => other !== account);
    const had = new Map(others.map((other) => [other, this.has(other)]));
    if (before) this.#change(account, before, 'delete');
    this.#change(account, next, 'add');
    this.#keys.set(account, next);
    return [...had].filter(([other, answer]) => this.has(other) !== answer).map(([other]) => other);
  }

  has(account: AccountId): boolean {
    return this.#keys.get(account)?.shown.some((key) => this.#shared(key, account)) ?? false;
  }

  #shared(key: string, account: AccountId): boolean {
    return hasOther(this.#shown.get(key), account) || hasOther(this.#usernames.get(key), account);
  }

  /** Those shown under `key`, where so few have it that one more or less changes an answer: each account has it twice at most. */
  #few(key: string): readonly AccountId[] {
    const shown = this.#shown.get(key);
    if (!shown || shown.size + (this.#usernames.get(key)?.size ?? 0) > 4) return [];
    return [...shown];
  }

  #change(account: AccountId, keys: Keys, how: 'add' | 'delete'): void {
    for (const key of keys.shown) change(this.#shown, key, account, how);
    for (const key of keys.username) change(this.#usernames, key, account, how);
  }
}

const all = (keys: Keys | undefined): readonly string[] => (keys ? [...keys.shown, ...keys.username] : []);

const hasOther = (accounts: ReadonlySet<AccountId> | undefined, account: AccountId): boolean =>
  accounts !== undefined && accounts.size > (accounts.has(account) ? 1 : 0);

function change(index: Map<string, Set<AccountId>>, key: string, account: AccountId, how: 'add' | 'delete'): void {
  const accounts = index.get(key) ?? new Set();
  accounts[how](account);
  if (accounts.size === 0) index.delete(key);
  else index.set(key, accounts);
}
