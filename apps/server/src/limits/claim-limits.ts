import { type AccountId, ProtocolError } from '@undertone/protocol';
import { takeShared } from './bucket-script.ts';
import { countKey, type Scripts } from './scripts.ts';
import { TokenBucket } from './token-bucket.ts';

/** Key packages that one account may take at once, and a second after that; and of one other account. */
export interface ClaimRates {
  readonly perClaimer: { readonly burst: number; readonly perSecond: number };
  readonly perPair: { readonly burst: number; readonly perSecond: number };
}

/**
 * Claims use up others' stock: a depletion attack would leave them with their last resort (arXiv 2504.07323). Counted here and, where there is
 * Redis, together with the other processes.
 */
export class ClaimLimits {
  readonly #rates: ClaimRates;
  readonly #scripts: Scripts;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rates: ClaimRates, scripts: Scripts) {
    this.#rates = rates;
    this.#scripts = scripts;
  }

  /** Fails with `rate_limited` where the claimer has taken too many, in all or of one of the accounts. */
  async check(claimer: AccountId, accounts: readonly AccountId[], now = Date.now()): Promise<void> {
    this.#forgetFull(now);
    const { perClaimer, perPair } = this.#rates;
    await this.#take([claimer], perClaimer, accounts.length, now);
    for (const account of accounts) await this.#take([claimer, account], perPair, 1, now);
  }

  async #take(who: readonly AccountId[], rate: ClaimRates['perPair'], count: number, now: number): Promise<void> {
    const key = countKey('claim', ...who);
    const bucket = this.#buckets.get(key) ?? new TokenBucket(rate.burst, rate.perSecond, now);
    this.#buckets.set(key, bucket);
    const retryAfterMs = bucket.take(now, count) || (await takeShared(this.#scripts, key, rate, count));
    if (retryAfterMs > 0) throw new ProtocolError('rate_limited', { retryAfterMs });
  }

  #forgetFull(now: number): void {
    if (this.#buckets.size < 10_000) return;
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
  }
}
