import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import { countKey, type Scripts } from './scripts.ts';

interface Window {
  count: number;
  readonly endsAt: number;
}

const countInWindow = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { count, redis.call('PTTL', KEYS[1]) }`;

/** Windows of this process, a bounded number: beyond that the oldest are forgotten. */
class LocalWindows {
  readonly #windows = new Map<string, Window>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  count(key: string, windowMs: number): { current: number; ttl: number } {
    const now = Date.now();
    const open = this.#windows.get(key);
    const window = open && open.endsAt > now ? open : { count: 0, endsAt: now + windowMs };
    window.count += 1;
    if (window !== open) {
      this.#windows.delete(key);
      this.#windows.set(key, window);
      const [oldest] = this.#windows.keys();
      if (this.#windows.size > this.#max && oldest !== undefined) this.#windows.delete(oldest);
    }
    return { current: window.count, ttl: window.endsAt - now };
  }
}

/**
 * What @fastify/rate-limit counts in. Its own store for Redis wants ioredis, and refuses or lets everything through while Redis is away; here
 * each process counts by itself besides, and goes by that then. `max`: keys that are counted here at a time, of each route.
 */
export function rateStore(scripts: Scripts, max: number): FastifyRateLimitStoreCtor {
  return class RateStore implements FastifyRateLimitStore {
    readonly #route: string;
    readonly #windows = new LocalWindows(max);

    constructor(options: object) {
      this.#route = 'route' in options ? String(options.route) : '';
    }

    incr(address: string, done: Parameters<FastifyRateLimitStore['incr']>[1], windowMs: number): void {
      const here = this.#windows.count(address, windowMs);
      scripts.evaluate(countInWindow, [countKey('rate', this.#route, address)], [windowMs]).then(
        (counted) => {
          const [current = 0, ttl = 0] = (counted as [number, number] | undefined) ?? [];
          done(null, current > here.current ? { current, ttl } : here);
        },
        (error: Error) => done(error),
      );
    }

    child({ routeInfo: { method, url } }: Parameters<FastifyRateLimitStore['child']>[0] & RouteInfo): RateStore {
      return new RateStore({ route: `${method} ${url}` });
    }
  };
}

/** What the plugin gives a store of a route besides what its types say. */
interface RouteInfo {
  readonly routeInfo: { readonly method: string | string[]; readonly url: string };
}
