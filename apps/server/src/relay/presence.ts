import type { AccountId } from '@undertone/protocol';

export interface PresenceTimes {
  /** How long changes are collected before they are told. */
  readonly collectMs: number;
  /** How long an account may be without a socket before it counts as offline. */
  readonly graceMs: number;
}

/**
 * Who is online: accounts with an open socket that has said hello. Changes are told together; one who comes back within the grace
 * time was never away.
 */
export class Presence {
  readonly #times: PresenceTimes;
  readonly #announce: (online: AccountId[], offline: AccountId[]) => void;
  readonly #sockets = new Map<AccountId, number>();
  readonly #leaving = new Map<AccountId, NodeJS.Timeout>();
  readonly #changed = new Map<AccountId, boolean>();
  #timer: NodeJS.Timeout | undefined;

  constructor(times: PresenceTimes, announce: (online: AccountId[], offline: AccountId[]) => void) {
    this.#times = times;
    this.#announce = announce;
  }

  online(): AccountId[] {
    return [...this.#sockets.keys(), ...this.#leaving.keys()];
  }

  add(account: AccountId): void {
    const count = this.#sockets.get(account) ?? 0;
    this.#sockets.set(account, count + 1);
    const leaving = this.#leaving.get(account);
    if (leaving !== undefined) {
      clearTimeout(leaving);
      this.#leaving.delete(account);
    } else if (count === 0) this.#change(account, true);
  }

  remove(account: AccountId): void {
    const count = this.#sockets.get(account) ?? 0;
    if (count > 1) {
      this.#sockets.set(account, count - 1);
      return;
    }
    if (!this.#sockets.delete(account)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(account);
      this.#change(account, false);
    }, this.#times.graceMs);
    this.#leaving.set(account, timer);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const timer of this.#leaving.values()) clearTimeout(timer);
  }

  #change(account: AccountId, online: boolean): void {
    // Came and went (or the reverse) within one collection: nothing to tell.
    if (this.#changed.get(account) === !online) this.#changed.delete(account);
    else this.#changed.set(account, online);
    this.#timer ??= setTimeout(() => this.#tell(), this.#times.collectMs);
  }

  #tell(): void {
    this.#timer = undefined;
    const changes = [...this.#changed];
    this.#changed.clear();
    if (changes.length === 0) return;
    const pick = (wanted: boolean) => changes.filter(([, online]) => online === wanted).map(([account]) => account);
    this.#announce(pick(true), pick(false));
  }
}
