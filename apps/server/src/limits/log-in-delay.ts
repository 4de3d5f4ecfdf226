import { ProtocolError } from '@undertone/protocol';
import { serverLimits } from '../server-limits.ts';
import { countKey, type Scripts } from './scripts.ts';

const { freeLogInTries, logInDelayMaxMs, logInForgetMs, logInPairs } = serverLimits;

interface Failures {
  count: number;
  /** When the next try is taken. */
  openAt: number;
  at: number;
}

const firstDelayMs = 1_000;

/** The failures of a pair are counted under one key; the other one stands for as long as there is to wait. */
const note = `
local count = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local doublings = count - tonumber(ARGV[2])
if doublings >= 0 then
  redis.call('SET', KEYS[2], '', 'PX', math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(doublings, 30)))
end`;
const remaining = `return redis.call('PTTL', KEYS[1])`;
const forget = `redis.call('DEL', KEYS[1], KEYS[2])`;

/**
 * After three wrong passwords for an account from one address, each further one doubles the wait before the next is looked at: 1 s
 * to 60 s. Nobody is locked out for good, and someone else's failures at another address do not delay the owner. Counted here and, where there
 * is Redis, together with the other processes.
 */
export class LogInDelay {
  readonly #scripts: Scripts;
  readonly #now: () => number;
  readonly #pairs = new Map<string, Failures>();

  constructor(scripts: Scripts, now: () => number = Date.now) {
    this.#scripts = scripts;
    this.#now = now;
  }

  /** Fails with `rate_limited` where the pair must wait. */
  async check(account: string, address: string): Promise<void> {
    const { key, until } = keysOf(account, address);
    const shared = Number((await this.#scripts.evaluate(remaining, [until], [])) ?? 0);
    const waitMs = Math.max(shared, (this.#pairs.get(key)?.openAt ?? 0) - this.#now());
    if (waitMs > 0) throw new ProtocolError('rate_limited', { retryAfterMs: waitMs });
  }

  async failed(account: string, address: string): Promise<void> {
    const { key, until } = keysOf(account, address);
    this.#note(key);
    const args = [logInForgetMs, freeLogInTries, firstDelayMs, logInDelayMaxMs];
    await this.#scripts.evaluate(note, [key, until], args);
  }

  async succeeded(account: string, address: string): Promise<void> {
    const { key, until } = keysOf(account, address);
    this.#pairs.delete(key);
    await this.#scripts.evaluate(forget, [key, until], []);
  }

  #note(key: string): void {
    const now = this.#now();
    const before = this.#pairs.get(key);
    const count = (before && now - before.at < logInForgetMs ? before.count : 0) + 1;
    const delayMs =
      count < freeLogInTries ? 0 : Math.min(logInDelayMaxMs, firstDelayMs * 2 ** (count - freeLogInTries));
    this.#pairs.delete(key);
    this.#pairs.set(key, { count, at: now, openAt: now + delayMs });
    // Insertion order is age: the oldest pair goes first.
    if (this.#pairs.size > logInPairs) this.#pairs.delete(this.#pairs.keys().next().value ?? '');
  }
}

function keysOf(account: string, address: string): { key: string; until: string } {
  return { key: countKey('log-in', address, account), until: countKey('log-in-until', address, account) };
}
