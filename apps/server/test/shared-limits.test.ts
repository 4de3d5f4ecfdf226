import { randomUUID } from 'node:crypto';
import type { AccountId } from '@undertone/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalBus } from '../src/bus/bus.ts';
import { RedisLink } from '../src/bus/redis-link.ts';
import { ClaimLimits } from '../src/limits/claim-limits.ts';
import { LogInDelay } from '../src/limits/log-in-delay.ts';
import { rateStore } from '../src/limits/rate-store.ts';
import { noScripts, type Scripts } from '../src/limits/scripts.ts';
import { SendLimits } from '../src/limits/send-limits.ts';
import { RedisServer, redisAvailable } from './support/redis-server.ts';

const account = (): AccountId => randomUUID() as AccountId;
const times = { echoEveryMs: 100, echoMaxMs: 300, retryMs: 100 };

let redis: RedisServer;
const links: RedisLink[] = [];

/** Two processes. */
function pair<T>(make: (scripts: Scripts) => T): [T, T] {
  const [first, second] = links;
  if (!first || !second) throw new Error('no links');
  return [make(first), make(second)];
}

const limited = (asked: Promise<unknown>): Promise<number> =>
  asked.then(
    () => 0,
    (error: { detail: { retryAfterMs: number } }) => error.detail.retryAfterMs,
  );

beforeAll(async () => {
  if (!redisAvailable) return;
  redis = await RedisServer.create();
  await redis.start();
  for (const processId of ['first', 'second']) {
    const options = {
      url: redis.url,
      namespace: 'test',
      processId,
      times,
      onMessage: () => {},
      onChange: () => {},
      onAway: () => {},
    };
    const link = new RedisLink(options);
    links.push(link);
    await link.start();
  }
});
afterAll(async () => {
  for (const link of links) link.close();
  await redis?.kill();
});

describe.skipIf(!redisAvailable)('limits that processes share', () => {
  it('wrong passwords count together, and success clears them for both', async () => {
    const [here, there] = pair((scripts) => new LogInDelay(scripts));
    for (let i = 0; i < 3; i += 1) await (i % 2 === 0 ? here : there).failed('alice', '1.1.1.1');
    for (const delay of [here, there]) {
      const waitMs = await limited(delay.check('alice', '1.1.1.1'));
      expect(waitMs).toBeGreaterThan(500);
      expect(waitMs).toBeLessThanOrEqual(1_000);
      expect(await limited(delay.check('alice', '2.2.2.2'))).toBe(0);
    }
    await there.failed('alice', '1.1.1.1');
    expect(await limited(here.check('alice', '1.1.1.1'))).toBeGreaterThan(1_000);
    await here.succeeded('alice', '1.1.1.1');
    expect(await limited(there.check('alice', '1.1.1.1'))).toBe(0);
  });

  it('claims count together', async () => {
    const rates = { perClaimer: { burst: 4, perSecond: 0.1 }, perPair: { burst: 2, perSecond: 0.1 } };
    const [here, there] = pair((scripts) => new ClaimLimits(rates, scripts));
    const [claimer, other] = [account(), account()];
    await here.check(claimer, [other]);
    await there.check(claimer, [other]);
    expect(await limited(here.check(claimer, [other]))).toBeGreaterThan(9_000);
    await there.check(claimer, [account()]);
    expect(await limited(there.check(claimer, [account()]))).toBeGreaterThan(9_000);
    await here.check(account(), [other]);
  });

  it('requests per address count together, for each route', async () => {
    const [here, there] = pair((scripts) => new (rateStore(scripts, 10))({}));
    const address = randomUUID();
    const count = (store: typeof here): Promise<number> =>
      new Promise((resolve) => store.incr(address, (_error, result) => resolve(result?.current ?? 0), 1_000, 5));
    expect(await count(here)).toBe(1);
    expect(await count(there)).toBe(2);
    expect(await count(here)).toBe(3);
    const route = { routeInfo: { method: 'GET', url: '/route' } } as never;
    expect(await count(here.child(route))).toBe(1);
    expect(await count(there.child(route))).toBe(2);
  });

  it('while Redis is away each process goes by what it counts itself, and nobody is refused for that', async () => {
    await redis.kill();
    const [here, there] = pair((scripts) => new LogInDelay(scripts));
    for (let i = 0; i < 3; i += 1) await here.failed('bob', '1.1.1.1');
    expect(await limited(here.check('bob', '1.1.1.1'))).toBeGreaterThan(500);
    expect(await limited(there.check('bob', '1.1.1.1'))).toBe(0);
    await redis.start();
    await expect.poll(() => links.every(({ up }) => up), { timeout: 5_000 }).toBe(true);
  });
});

it('a process that is alone counts by itself', async () => {
  const store = new (rateStore(noScripts, 2))({});
  const count = (address: string): Promise<number> =>
    new Promise((resolve) => store.incr(address, (_error, result) => resolve(result?.current ?? 0), 10_000, 5));
  expect([await count('a'), await count('a'), await count('b'), await count('c'), await count('a')]).toEqual([
    1, 2, 1, 1, 1,
  ]);
});

it('sends of an account count over its sockets, and what it sends by way of another process with them', async () => {
  const bus = new LocalBus();
  const [here, there] = [new SendLimits(50, bus), new SendLimits(50, bus)];
  const [alice, bob] = [account(), account()];
  const now = Date.now();
  expect(there.take(alice, now)).toBe(0);
  for (let i = 0; i < 200; i += 1) expect(here.take(alice, now)).toBe(0);
  expect(here.take(alice, now)).toBeGreaterThan(0);
  expect(here.take(bob, now)).toBe(0);
  await new Promise<void>((resolve) => {
    bus.subscribe(({ kind }) => kind === 'sends_taken' && resolve());
  });
  let left = 0;
  while (there.take(alice) === 0) left += 1;
  expect(left).toBeLessThan(100);
  expect(there.take(bob)).toBe(0);
});
