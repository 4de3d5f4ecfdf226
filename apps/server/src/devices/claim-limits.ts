import { type AccountId, ProtocolError } from '@undertone/protocol';
import { TokenBucket } from '../relay/token-bucket.ts';

/** Key packages that one account may take at once, and a second after that; and of one other account. */
export interface ClaimRates {
  readonly perClaimer: { readonly burst: number; readonly perSecond: number };
  readonly perPair: { readonly burst: number; readonly perSecond: number };
}

export const defaultClaimRates: ClaimRates = {
  perClaimer: { burst: 128, perSecond: 1 },
  perPair: { burst: 20, perSecond: 1 / 30 },
};

/** Claims use up others' stock: a depletion attack would leave them with their last resort (arXiv 2504.07323). */
export class ClaimLimits {
  readonly #rates: ClaimRates;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rates: ClaimRates) {
    this.#rates = rates;
  }

  /** Fails with `rate_limited` where the claimer has taken too many, in all or of one of the accounts. */
  check(claimer: AccountId, accounts: readonly AccountId[], now = Date.now()): void {
    this.#forgetFull(now);
    this.#take(claimer, this.#rates.perClaimer, accounts.length, now);
    for (const account of accounts) this.#take(`${claimer} ${account}`, this.#rates.perPair, 1, now);
  }

  #take(key: string, { burst, perSecond }: ClaimRates['perPair'], count: number, now: number): void {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(burst, perSecond, now);
    this.#buckets.set(key, bucket);
    const retryAfterMs = bucket.take(now, count);
    if (retryAfterMs > 0) throw new ProtocolError('rate_limited', { retryAfterMs });
  }

  #forgetFull(now: number): void {
    if (this.#buckets.size < 10_000) return;
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
  }
}
