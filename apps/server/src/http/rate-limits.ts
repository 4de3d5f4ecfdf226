import rateLimit, { type RateLimitOptions } from '@fastify/rate-limit';
import { ProtocolError } from '@undertone/protocol';
import fastifyPlugin from 'fastify-plugin';

interface Rate {
  readonly max: number;
  readonly windowMs: number;
}

/** Requests per address. A school or an office behind one address must be able to sign up at the same time. */
export interface HttpRates {
  readonly any: Rate;
  readonly signUp: Rate;
  readonly logIn: Rate;
  readonly lookUp: Rate;
}

export const defaultHttpRates: HttpRates = {
  any: { max: 3_000, windowMs: 60_000 },
  signUp: { max: 60, windowMs: 3_600_000 },
  logIn: { max: 60, windowMs: 60_000 },
  lookUp: { max: 240, windowMs: 60_000 },
};

/** A route's `config` that gives it a rate of its own. */
export const limited = ({ max, windowMs }: Rate): { rateLimit: RateLimitOptions } => ({
  rateLimit: { max, timeWindow: windowMs },
});

export const rateLimits = fastifyPlugin<{ any: Rate }>(
  async (app, { any }) => {
    await app.register(rateLimit, {
      global: true,
      max: any.max,
      timeWindow: any.windowMs,
      cache: 20_000,
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
