import type { Scripts } from './scripts.ts';

/** `TokenBucket`, by the clock of Redis, which is one for all. A bucket that is full again is forgotten. */
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local burst, perMs, count = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000, tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(bucket[1] or burst), tonumber(bucket[2] or now)
tokens = math.min(burst, tokens + math.max(0, now - at) * perMs)
local wait = 0
if tokens >= count then tokens = tokens - count else wait = math.ceil((count - tokens) / perMs) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / perMs) + 1)
return wait`;

/** Take from a bucket that all processes share. Returns 0, or after how many milliseconds there will be enough. */
export async function takeShared(
  scripts: Scripts,
  key: string,
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
  count: number,
): Promise<number> {
  return Number((await scripts.evaluate(take, [key], [burst, perSecond, count])) ?? 0);
}
