import type { AccountId, ServerFrameOf } from '@undertone/protocol';
import type { PresenceStore, SharedPresenceChanges, SharedPresenceState } from './presence-store.ts';

/** One socket, as far as it is told of others' presence. */
export interface Watcher {
  presence(changes: SharedPresenceChanges): void;
  /** What was told before, or is still to be, is of those whom it watches no more. */
  forgetPresence(): void;
}

interface Watched {
  readonly account: AccountId;
  readonly watchers: Set<Watcher>;
  /** `watch` frames whose answer is not ready yet. */
  pending: number;
}

/** The present states of watched accounts; those in no list are offline. */
export type WatchedStates = Omit<ServerFrameOf<'watching'>, 'type' | 'ref'>;

/**
 * Who watches whom (SPEC P3), by the account that is watched: a change costs what its watchers cost, however many are connected. Accounts
 * are followed in the store from before their states are read until nobody watches them, so that no change is missed between.
 */
export class Watchers {
  readonly #store: PresenceStore;
  readonly #byAccount = new Map<AccountId, Watched>();
  readonly #watched = new Map<Watcher, readonly Watched[]>();
  /** What each asked for last. */
  readonly #asked = new Map<Watcher, readonly Watched[]>();

  constructor(store: PresenceStore) {
    this.#store = store;
    store.onChange((changes) => this.#tell(changes));
  }

  /**
   * From now on tell `watcher` of these accounts, in place of those before. Resolves with their states; what it is told after that came
   * after them. A call that is overtaken by the next one of the same watcher resolves with nothing known.
   */
  async watch(watcher: Watcher, accounts: readonly AccountId[]): Promise<WatchedStates> {
    const wanted = [...new Set(accounts)].map((account) => this.#hold(account));
    this.#asked.set(watcher, wanted);
    await this.#store.follow(wanted.map(({ account }) => account));
    for (const watched of wanted) watched.pending -= 1;
    if (this.#asked.get(watcher) !== wanted) {
      for (const watched of wanted) this.#release(watched);
      return { online: [], away: [], unknown: [...accounts] };
    }
    const before = this.#watched.get(watcher) ?? [];
    for (const watched of before) watched.watchers.delete(watcher);
    for (const watched of wanted) watched.watchers.add(watcher);
    this.#watched.set(watcher, wanted);
    watcher.forgetPresence();
    for (const watched of before) this.#release(watched);
    const inState = (state: string) =>
      wanted.map(({ account }) => account).filter((account) => this.#store.state(account) === state);
    return { online: inState('online'), away: inState('away'), unknown: inState('unknown') };
  }

  /** The watcher is gone. */
  remove(watcher: Watcher): void {
    this.#asked.delete(watcher);
    const before = this.#watched.get(watcher) ?? [];
    this.#watched.delete(watcher);
    for (const watched of before) {
      watched.watchers.delete(watcher);
      this.#release(watched);
    }
  }

  #hold(account: AccountId): Watched {
    const watched = this.#byAccount.get(account) ?? { account, watchers: new Set(), pending: 0 };
    this.#byAccount.set(account, watched);
    watched.pending += 1;
    return watched;
  }

  #release({ account, watchers, pending }: Watched): void {
    if (watchers.size > 0 || pending > 0) return;
    if (this.#byAccount.delete(account)) this.#store.unfollow(account);
  }

  #tell(changes: SharedPresenceChanges): void {
    const byWatcher = new Map<Watcher, Map<AccountId, SharedPresenceState>>();
    for (const [account, state] of changes) {
      for (const watcher of this.#byAccount.get(account)?.watchers ?? []) {
        const told = byWatcher.get(watcher) ?? new Map();
        byWatcher.set(watcher, told.set(account, state));
      }
    }
    for (const [watcher, told] of byWatcher) watcher.presence(told);
  }
}
