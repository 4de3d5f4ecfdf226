import type { AccountId, ServerFrameOf } from '@undertone/protocol';

/** Whether someone is there, as far as it is to be seen (SPEC P1, P2). */
export type PresenceState = 'online' | 'away' | 'offline';

/** Of all server processes; `unknown` where those of others cannot be learned. */
export type SharedPresenceState = PresenceState | 'unknown';

/** Each account whose state changed, with the new one. */
export type PresenceChanges = ReadonlyMap<AccountId, PresenceState>;
export type SharedPresenceChanges = ReadonlyMap<AccountId, SharedPresenceState>;

export function presenceFrame(changes: SharedPresenceChanges): ServerFrameOf<'presence'> {
  const frame: ServerFrameOf<'presence'> = { type: 'presence', online: [], away: [], offline: [], unknown: [] };
  for (const [account, state] of changes) frame[state].push(account);
  return frame;
}

export interface ActivePerson {
  readonly account: AccountId;
  readonly state: 'online' | 'away';
}

export interface ActivePage {
  readonly people: readonly ActivePerson[];
  /** Of all pages. */
  readonly count: number;
  /** Where the next page begins; null where there is none. Only the store that made it reads it. */
  readonly next: string | null;
  /** False where other processes cannot be asked: these are those of this one. */
  readonly complete: boolean;
}

/**
 * What all server processes together see of accounts (SPEC P1, P3). It may lose anything at any time: nothing in it is durable, and
 * no method fails. What it cannot know is `unknown`, or not `complete`.
 */
export interface PresenceStore {
  /** What this process's own sockets say of these accounts from now on. */
  report(changes: PresenceChanges): void;
  /** Tell of changes of accounts that are followed (of others too, where that is cheaper). One listener. */
  onChange(listener: (changes: SharedPresenceChanges) => void): void;
  /**
   * From now on `state` knows these accounts, and changes of them are told, until `unfollow`. Resolves when `state` does; it is called
   * again for accounts that are followed already.
   */
  follow(accounts: readonly AccountId[]): Promise<void>;
  unfollow(account: AccountId): void;
  /** The state of a followed account, as the last change told it. */
  state(account: AccountId): SharedPresenceState;
  /** A page of all who are online or away. */
  active(after: string | undefined, limit: number): Promise<ActivePage>;
  /** Those of `accounts` who are online or away, in their order. */
  activeAmong(accounts: readonly AccountId[]): Promise<Pick<ActivePage, 'people' | 'complete'>>;
}

interface Active {
  readonly state: 'online' | 'away';
  /** Rises with every arrival: pages are in this order. */
  readonly order: number;
}

/** The store of a single process: what its own sockets say is all there is. */
export class LocalPresence implements PresenceStore {
  /** In the order of arrival. */
  readonly #active = new Map<AccountId, Active>();
  #arrivals = 0;
  #listener: (changes: SharedPresenceChanges) => void = () => {};

  report(changes: PresenceChanges): void {
    for (const [account, state] of changes) {
      if (state === 'offline') this.#active.delete(account);
      else {
        const known = this.#active.get(account);
        if (known === undefined) this.#arrivals += 1;
        this.#active.set(account, { state, order: known?.order ?? this.#arrivals });
      }
    }
    this.#listener(changes);
  }

  onChange(listener: (changes: SharedPresenceChanges) => void): void {
    this.#listener = listener;
  }

  async follow(): Promise<void> {
    // All accounts are known here.
  }

  unfollow(): void {
    // Nothing is kept for those that are followed.
  }

  state(account: AccountId): PresenceState {
    return this.#active.get(account)?.state ?? 'offline';
  }

  async active(after: string | undefined, limit: number): Promise<ActivePage> {
    const people: ActivePerson[] = [];
    let last = Number(after ?? 0);
    let more = false;
    for (const [account, { state, order }] of this.#active) {
      if (order <= last) continue;
      more = people.length === limit;
      if (more) break;
      people.push({ account, state });
      last = order;
    }
    return { people, count: this.#active.size, next: more ? String(last) : null, complete: true };
  }

  async activeAmong(accounts: readonly AccountId[]): Promise<Pick<ActivePage, 'people' | 'complete'>> {
    const people = accounts.flatMap((account) => {
      const known = this.#active.get(account);
      return known ? [{ account, state: known.state }] : [];
    });
    return { people, complete: true };
  }
}
