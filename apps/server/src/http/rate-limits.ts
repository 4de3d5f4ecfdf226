import rateLimit, { type RateLimitOptions } from '@fastify/rate-limit';
import { ProtocolError } from '@undertone/protocol';
import fastifyPlugin from 'fastify-plugin';
import { rateStore } from '../limits/rate-store.ts';
import type { Scripts } from '../limits/scripts.ts';
import { serverLimits } from '../server-limits.ts';

interface Rate {
  readonly max: number;
  readonly windowMs: number;
}

/** Requests per address. */
export interface HttpRates {
  readonly any: Rate;
  readonly signUp: Rate;
  readonly logIn: Rate;
  readonly lookUp: Rate;
  readonly transfer: Rate;
}

/** A route's `config` that gives it a rate of its own. */
export const limited = ({ max, windowMs }: Rate): { rateLimit: RateLimitOptions } => ({
  rateLimit: { max, timeWindow: windowMs },
});

export const rateLimits = fastifyPlugin<{ any: Rate; scripts: Scripts }>(
  async (app, { any, scripts }) => {
    await app.register(rateLimit, {
      global: true,
      max: any.max,
      timeWindow: any.windowMs,
      store: rateStore(scripts, serverLimits.countedAddresses),
      addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
      addHeaders: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
        'retry-after': true,
      },
      errorResponseBuilder: (_request, { ttl }) => new ProtocolError('rate_limited', { retryAfterMs: ttl }),
    });
  },
  { name: 'rate-limits' },
);
