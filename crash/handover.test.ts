import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, Person } from '../apps/server/test/support/person.ts';
import { check } from './check/check.ts';
import { Ledger } from './check/ledger.ts';
import { Load } from './load/load.ts';
import { Front } from './processes/front.ts';
import { Postgres, postgresPrograms } from './processes/postgres.ts';
import { Server } from './processes/server.ts';
import { Random } from './random.ts';

const endMaxMs = 5_000;

describe.skipIf(postgresPrograms() === undefined)('two servers on one PostgreSQL behind a proxy', () => {
  let postgres: Postgres;
  let front: Front;
  let servers: [Server, Server];
  beforeEach(async () => {
    postgres = await Postgres.create();
    front = await Front.create();
    await postgres.start();
    const env = { ...postgres.env, PUBLIC_ORIGIN: front.origin };
    servers = [await Server.create(env), await Server.create(env)];
  });
  afterEach(async () => {
    front.close();
    for (const server of servers) await server.remove();
    await postgres.remove();
  });

  it('a database that does not answer holds up the end for 5 s, not for ever', async () => {
    const [server] = servers;
    await server.start();
    front.targets = [server.port];
    const alice = await Person.online(front.origin);
    const room = await alice.room('Frozen');
    await alice.found(room);
    postgres.freeze(true);
    try {
      const sending = alice.send(room, at(1, 0)).catch(() => 'never acknowledged');
      const { code, ms } = await server.end('SIGTERM');
      expect(code).toBe(1);
      expect(ms).toBeGreaterThan(endMaxMs - 100);
      expect(ms).toBeLessThan(endMaxMs + 2_000);
      expect(await sending).toBe('never acknowledged');
    } finally {
      postgres.freeze(false);
    }
  }, 60_000);

  it('SIGTERM, then TERMINATE on the other: each drains in 5 s with exit code 0, and everyone goes on at the other without an error', async () => {
    const [first, second] = servers;
    await Promise.all([first.start(), second.start()]);
    front.targets = [first.port, second.port];
    const ledger = new Ledger();
    const load = new Load(front.origin, ledger, new Random(1), { senders: 3, readers: 2, sessions: 2 });
    let acknowledged = 0;
    const more = async (): Promise<void> => {
      const target = acknowledged + 100;
      await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(target);
    };
    try {
      await load.prepare(() => {
        acknowledged += 1;
      });
      load.start();
      await more();
      const firstEnd = await first.end('SIGTERM');
      await more();
      front.targets = [second.port, first.port];
      await first.start();
      const secondEnd = await second.end('TERMINATE');
      await more();
      load.quiet();
      load.addNewcomer();
      await expect.poll(() => load.missing(), { timeout: 30_000 }).toEqual([]);
      await load.report();
      for (const { code, ms } of [firstEnd, secondEnd]) {
        expect(code).toBe(0);
        expect(ms).toBeLessThan(endMaxMs);
      }
      // A message that was shown as failed, or lost, doubled, shown too early, would be a fault.
      expect(check(ledger).faults).toEqual([]);
    } finally {
      load.stop();
    }
  }, 120_000);
});
