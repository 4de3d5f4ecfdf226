import { ProtocolError } from '@undertone/protocol';

const freeTries = 3;
const maxDelayMs = 60_000;
/** After so long without a failure a pair is forgotten. */
const forgetMs = 15 * 60_000;
const maxPairs = 20_000;

interface Failures {
  count: number;
  /** When the next try is taken. */
  openAt: number;
  at: number;
}

/**
 * After three wrong passwords for an account from one address, each further one doubles the wait before the next is looked at: 1 s
 * to 60 s. Nobody is locked out for good, and somebody else's failures at another address do not delay the owner.
 */
export class LogInDelay {
  readonly #now: () => number;
  readonly #pairs = new Map<string, Failures>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Fails with `rate_limited` where the pair must wait. */
  check(account: string, address: string): void {
    const waitMs = (this.#pairs.get(`${address} ${account}`)?.openAt ?? 0) - this.#now();
    if (waitMs > 0) throw new ProtocolError('rate_limited', { retryAfterMs: waitMs });
  }

  failed(account: string, address: string): void {
    const key = `${address} ${account}`;
    const now = this.#now();
    const before = this.#pairs.get(key);
    const count = (before && now - before.at < forgetMs ? before.count : 0) + 1;
    const delayMs = count < freeTries ? 0 : Math.min(maxDelayMs, 1000 * 2 ** (count - freeTries));
    this.#pairs.delete(key);
    this.#pairs.set(key, { count, at: now, openAt: now + delayMs });
    // Insertion order is age: the oldest pair goes first.
    if (this.#pairs.size > maxPairs) this.#pairs.delete(this.#pairs.keys().next().value ?? '');
  }

  succeeded(account: string, address: string): void {
    this.#pairs.delete(`${address} ${account}`);
  }
}
