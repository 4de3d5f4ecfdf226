import type { AccountId, TimestampMs } from '@undertone/protocol';

/** 'alice and bob came online': lives in this tab only. `after` is the order of the row that it stands behind. */
export interface PresenceLine {
  readonly key: string;
  readonly at: TimestampMs;
  readonly after: number;
  readonly accounts: readonly AccountId[];
}

/** Arrivals within this time share a line, and there is no second line. */
const quietMs = 4 * 60_000;
/** Back within this time is a reconnect, no arrival. */
const flapMs = 5 * 60_000;
/** Rooms with more members get no lines. */
export const presenceLinesMax = 40;
/** Lines that are kept; older ones vanish. */
const maxLines = 20;

/** Who came online in one room, as lines that never become spam. Time is passed in: the class has no clock. */
export class PresenceLines {
  #lines: readonly PresenceLine[] = [];
  #wentOffline = new Map<AccountId, TimestampMs>();
  #counter = 0;

  get lines(): readonly PresenceLine[] {
    return this.#lines;
  }

  /** Someone in the room went away. */
  offline(accounts: readonly AccountId[], now: TimestampMs): void {
    for (const account of accounts) this.#wentOffline.set(account, now);
  }

  /** Someone in the room came online; `after` is the order of the newest row. Returns whether the lines changed. */
  online(accounts: readonly AccountId[], now: TimestampMs, after: number, members: number): boolean {
    const arrived = accounts.filter((account) => {
      const went = this.#wentOffline.get(account);
      this.#wentOffline.delete(account);
      return went === undefined || now - went > flapMs;
    });
    if (arrived.length === 0 || members > presenceLinesMax) return false;
    const last = this.#lines.at(-1);
    if (last && now - last.at < quietMs) {
      const more = arrived.filter((account) => !last.accounts.includes(account));
      if (more.length === 0) return false;
      this.#lines = this.#lines.with(-1, { ...last, accounts: [...last.accounts, ...more] });
      return true;
    }
    this.#counter += 1;
    const line = { key: `presence ${this.#counter}`, at: now, after, accounts: arrived };
    this.#lines = [...this.#lines, line].slice(-maxLines);
    return true;
  }
}
