import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { databases } from './support/databases.ts';
import { type NextVersion, nextVersion } from './support/next-version.ts';
import { at, Person } from './support/person.ts';
import { RedisServer, redisAvailable } from './support/redis-server.ts';
import { ServerProcess } from './support/server-process.ts';

const postgres = databases.find(({ name }) => name === 'PostgreSQL');
const available = postgres?.available === true && redisAvailable;
const migration = '99991231000000_wider';
/** Slow, and at tables that every message passes, but without holding them for long: as a migration under load has to be. */
const sql = `
SELECT pg_sleep(1.5);
ALTER TABLE "rooms" ADD COLUMN "wider" TEXT;
ALTER TABLE "entries" ADD COLUMN "wider" TEXT;
CREATE TABLE "wider" ("id" INTEGER PRIMARY KEY);
`;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A database, a Redis, and how to start a server on them. */
async function deployment(): Promise<{ url: string; start(next?: NextVersion): Promise<string> }> {
  if (!postgres) throw new Error('no PostgreSQL');
  const { location, drop } = await postgres.create();
  closing.push(drop);
  const url = 'url' in location ? location.url : '';
  const redis = await RedisServer.create();
  await redis.start();
  closing.push(() => redis.kill());
  const DATA_DIR = await mkdtemp(join(tmpdir(), 'undertone-upgrade-'));
  closing.push(() => rm(DATA_DIR, { recursive: true, force: true }));
  const env = { PORT: '0', SENDS_PER_SECOND: '1000', DATABASE_URL: url, REDIS_URL: redis.url, DATA_DIR };
  const start = async (next?: NextVersion): Promise<string> => {
    const server = new ServerProcess(env, next && { main: next.main });
    closing.push(async () => {
      server.kill('SIGKILL');
      await server.ended;
    });
    return server.line();
  };
  return { url, start };
}

async function query<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(!available)('an upgrade', () => {
  it('L1 two servers of the next version migrate once, while one of this version goes on serving, and all talk', async () => {
    const { url, start } = await deployment();
    const origin = await start();
    const alice = await Person.online(origin);
    const room = await alice.room('Through an upgrade');
    await alice.found(room);
    let acknowledged = 0;
    let talking = true;
    let slowest = 0;
    const talk = async (): Promise<void> => {
      while (talking) {
        const began = performance.now();
        await alice.send(room, at(1, 0));
        await alice.http.ok('GET', '/rooms');
        slowest = Math.max(slowest, performance.now() - began);
        acknowledged += 1;
        await sleep(20);
      }
    };
    const conversation = talk();
    await expect.poll(() => acknowledged).toBeGreaterThan(10);

    const next = await nextVersion(migration, sql);
    closing.push(() => next.remove());
    const before = acknowledged;
    const [first = ''] = await Promise.all([start(next), start(next)]);
    expect(acknowledged - before).toBeGreaterThan(20);
    const after = acknowledged;
    await expect.poll(() => acknowledged).toBeGreaterThan(after + 10);
    talking = false;
    await conversation;
    // Whoever waited for the tables did so for moments only.
    expect(slowest).toBeLessThan(1_500);

    const applied = await query<{ name: string }>(url, `SELECT migration_name AS name FROM _prisma_migrations`);
    expect(applied.filter(({ name }) => name === migration)).toHaveLength(1);
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);

    const bob = await Person.online(first);
    await bob.join(room);
    await bob.enter(room, at(1, 0));
    const { seq: fromNew } = await bob.send(room, at(1, 1));
    await alice.socket.entriesUntil(room, (entries) => entries.some((entry) => entry.seq === fromNew));
    const { seq: fromOld } = await alice.send(room, at(1, 1));
    await bob.socket.entriesUntil(room, (entries) => entries.some((entry) => entry.seq === fromOld));
    const seqs = alice.socket.entries(room).map((entry) => entry.seq);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    expect(seqs.length).toBeGreaterThan(acknowledged);
  }, 60_000);
});
