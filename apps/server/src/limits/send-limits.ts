import { randomUUID } from 'node:crypto';
import { type AccountId, limits } from '@undertone/protocol';
import type { Bus } from '../bus/bus.ts';
import { TokenBucket } from './token-bucket.ts';

/** How often other processes are told what was taken here. */
const tellEveryMs = 250;
/** Who takes less than this meanwhile is far from the limit wherever else they send. */
const tellFrom = 8;
const maxBuckets = 10_000;

/**
 * What an account may write to logs, from all of its sockets together. A send must not wait for Redis: each process has a bucket of its
 * own for an account and takes from it, shortly after, also what the account took elsewhere. So several processes give a burst each at most,
 * and in the long run the one rate.
 */
export class SendLimits {
  readonly #id = randomUUID();
  readonly #perSecond: number;
  readonly #bus: Bus;
  readonly #buckets = new Map<AccountId, TokenBucket>();
  readonly #taken = new Map<AccountId, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number, bus: Bus) {
    this.#perSecond = perSecond;
    this.#bus = bus;
    bus.subscribe((event) => {
      if (event.kind !== 'sends_taken' || event.from === this.#id) return;
      const now = Date.now();
      for (const [account, count] of event.taken) this.#buckets.get(account)?.drain(now, count);
    });
  }

  /** Take one. Returns 0, or after how many milliseconds to try again. */
  take(account: AccountId, now = Date.now()): number {
    const retryAfterMs = this.#bucket(account, now).take(now);
    if (retryAfterMs === 0) {
      this.#taken.set(account, (this.#taken.get(account) ?? 0) + 1);
      this.#timer ??= setTimeout(() => this.#tell(), tellEveryMs).unref();
    }
    return retryAfterMs;
  }

  #bucket(account: AccountId, now: number): TokenBucket {
    const known = this.#buckets.get(account);
    if (known) return known;
    if (this.#buckets.size >= maxBuckets) {
      for (const [other, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(other);
    }
    const bucket = new TokenBucket(Math.max(limits.sendBurst, this.#perSecond), this.#perSecond, now);
    this.#buckets.set(account, bucket);
    return bucket;
  }

  #tell(): void {
    this.#timer = undefined;
    const taken = [...this.#taken].filter(([, count]) => count >= tellFrom);
    this.#taken.clear();
    if (taken.length > 0) this.#bus.publish({ kind: 'sends_taken', from: this.#id, taken });
  }
}
