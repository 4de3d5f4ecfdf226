import type { AccountId } from '@undertone/protocol';
import type { PresenceChanges, PresenceState } from './presence-store.ts';

export interface PresenceTimes {
  /** How long changes are collected before they are told. */
  readonly collectMs: number;
  /** How long an account may be without a socket before it counts as offline. */
  readonly graceMs: number;
}

/** Whether someone is at a client (SPEC P1). */
export type Activity = 'active' | 'away';

interface Present {
  /** False: told as offline, whatever its sockets do (SPEC P2). */
  visible: boolean;
  readonly sockets: Map<object, Activity>;
  /** What counts while the last socket is gone and the grace time runs. */
  leaving: { readonly state: PresenceState; readonly timer: NodeJS.Timeout } | undefined;
  /** What was told last. */
  told: PresenceState;
}

/**
 * Who is online at this process: accounts with an open socket that has said hello; `away` where all of these say so (SPEC P1). Changes are collected
 * and told together, as far as they are changes by then; one who comes back within the grace time was never gone.
 */
export class Presence {
  readonly #times: PresenceTimes;
  readonly #announce: (changes: PresenceChanges) => void;
  readonly #accounts = new Map<AccountId, Present>();
  readonly #changed = new Set<AccountId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(times: PresenceTimes, announce: (changes: PresenceChanges) => void) {
    this.#times = times;
    this.#announce = announce;
  }

  /** A socket said hello. `socket` stands for it from now on. */
  add(account: AccountId, socket: object, visible: boolean): void {
    const present: Present = this.#accounts.get(account) ?? {
      visible,
      sockets: new Map(),
      leaving: undefined,
      told: 'offline',
    };
    this.#accounts.set(account, present);
    clearTimeout(present.leaving?.timer);
    present.leaving = undefined;
    present.visible = visible;
    present.sockets.set(socket, 'active');
    this.#change(account);
  }

  /** The socket is gone. Returns whether it was the account's last. */
  remove(account: AccountId, socket: object): boolean {
    const present = this.#accounts.get(account);
    if (present === undefined) return false;
    const state = stateOf(present);
    if (!present.sockets.delete(socket)) return false;
    if (present.sockets.size > 0) {
      this.#change(account);
      return false;
    }
    const timer = setTimeout(() => {
      present.leaving = undefined;
      this.#change(account);
    }, this.#times.graceMs);
    present.leaving = { state, timer };
    return true;
  }

  setActivity(account: AccountId, socket: object, activity: Activity): void {
    const sockets = this.#accounts.get(account)?.sockets;
    if (!sockets?.has(socket)) return;
    sockets.set(socket, activity);
    this.#change(account);
  }

  /** SPEC P2: takes effect at once. */
  setVisible(account: AccountId, visible: boolean): void {
    const present = this.#accounts.get(account);
    if (present === undefined) return;
    present.visible = visible;
    this.#changed.add(account);
    clearTimeout(this.#timer);
    this.#tell();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { leaving } of this.#accounts.values()) clearTimeout(leaving?.timer);
  }

  #change(account: AccountId): void {
    this.#changed.add(account);
    this.#timer ??= setTimeout(() => this.#tell(), this.#times.collectMs);
  }

  #tell(): void {
    this.#timer = undefined;
    const changes = new Map<AccountId, PresenceState>();
    for (const account of this.#changed) {
      const present = this.#accounts.get(account);
      if (present === undefined) continue;
      const state = stateOf(present);
      if (state !== present.told) changes.set(account, state);
      present.told = state;
      if (present.sockets.size === 0 && present.leaving === undefined) this.#accounts.delete(account);
    }
    this.#changed.clear();
    if (changes.size > 0) this.#announce(changes);
  }
}

function stateOf({ visible, sockets, leaving }: Present): PresenceState {
  if (!visible) return 'offline';
  if (leaving !== undefined) return leaving.state;
  if (sockets.size === 0) return 'offline';
  return [...sockets.values()].includes('active') ? 'online' : 'away';
}
