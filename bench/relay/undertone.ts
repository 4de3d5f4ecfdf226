import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { RoomId } from '@undertone/protocol';
import pg from 'pg';
import { cpuSeconds, endProcess, spawnPinned, waitForOutput } from './cpu.ts';
import { localAddressOf } from './local-address.ts';
import { UndertoneMember } from './member.ts';
import { addPeople, addRoom, type Person, type RunSql } from './population.ts';
import type { Postgres } from './postgres.ts';
import type { Redis } from './redis.ts';
import type { Cpu, Sink, Target } from './target.ts';

const main = path.resolve('apps/server/dist/main.js');

/** Rates per socket are off, as the peers' throttles are: a setting that bots and bridges have as well. */
const settings = { LOG_LEVEL: 'fatal', SENDS_PER_SECOND: '1000000', PUBLIC_ORIGIN: undefined } as const;

/** A server as `pnpm start` runs it, from its build, in a process of its own. */
export interface Undertone {
  readonly origin: string;
  readonly pid: number;
  cpu(): Promise<Cpu>;
  stop(): Promise<void>;
}

export interface World {
  /** Start the server on what has been prepared. */
  start(flags?: readonly string[]): Promise<Undertone>;
  remove(): Promise<void>;
}

async function launch(
  env: Record<string, string | undefined>,
  flags: readonly string[],
): Promise<[ChildProcess, string]> {
  const child = spawnPinned(process.execPath, [...flags, main, '-p', '0'], { env: { ...settings, ...env } });
  return [child, await waitForOutput(child, /http:\/\/localhost:\d+/)];
}

let databases = 0;

/** A new database with the server's schema, filled by `prepare`; embedded, or in `postgres`. */
export async function makeWorld(
  postgres: Postgres | undefined,
  prepare: (sql: RunSql) => Promise<void>,
  redis?: Redis,
): Promise<World> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'undertone-bench-'));
  databases += 1;
  const name = `undertone_${process.pid}_${databases}`;
  const url = await postgres?.createDatabase(name);
  const env = { DATA_DIR: dataDir, DATABASE_URL: url, REDIS_URL: redis?.url };
  const [first] = await launch(env, []);
  await endProcess(first);
  if (url === undefined) {
    const pglite = await PGlite.create(path.join(dataDir, 'database'));
    await prepare((text, values) => pglite.query(text, values));
    await pglite.close();
  } else {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await prepare((text, values) => client.query(text, values));
    await client.query('VACUUM ANALYZE');
    await client.end();
  }
  return {
    start: async (flags = []) => {
      const [child, origin] = await launch(env, flags);
      const pid = child.pid ?? 0;
      return {
        origin,
        pid,
        cpu: async () => ({
          server: await cpuSeconds([pid]),
          database: postgres === undefined ? 0 : await cpuSeconds([postgres.pid]),
        }),
        stop: () => endProcess(child),
      };
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

/** People with the rooms that all of them are in. */
interface Circle {
  readonly people: readonly Person[];
  readonly rooms: readonly RoomId[];
}

export interface Layout {
  /** Circles that have no one in common. */
  readonly circles: number;
  readonly roomsPerCircle: number;
}

const oneRoom: Layout = { circles: 1, roomsPerCircle: 1 };

async function makeCircles(sql: RunSql, { circles, roomsPerCircle }: Layout, size: number): Promise<Circle[]> {
  const made: Circle[] = [];
  for (let i = 0; i < circles; i += 1) {
    const people = await addPeople(sql, size);
    const rooms: RoomId[] = [];
    for (let k = 0; k < roomsPerCircle; k += 1) rooms.push(await addRoom(sql, people));
    made.push({ people, rooms });
  }
  return made;
}

/** Connected, the first of each circle before the second of any: senders are spread over the circles, and all over the processes. */
async function connectCircles(
  servers: readonly Undertone[],
  circles: readonly Circle[],
  sink: Sink,
): Promise<UndertoneMember[]> {
  const size = circles[0]?.people.length ?? 0;
  const members: UndertoneMember[] = [];
  for (let place = 0; place < size; place += 1) {
    const connecting = circles.map(async ({ people, rooms }) => {
      const person = people[place];
      const server = servers[place % servers.length];
      if (person === undefined || server === undefined) throw new Error('nobody');
      const member = await UndertoneMember.connect({
        origin: server.origin,
        person,
        sink,
        localAddress: localAddressOf(place),
      });
      member.rooms = rooms;
      return member;
    });
    members.push(...(await Promise.all(connecting)));
  }
  return members;
}

export interface UndertoneOptions {
  readonly layout?: Layout;
  /** Node's own, for a profile. */
  readonly flags?: readonly string[];
  /** How many share the work, joined by Redis. */
  readonly processes?: number;
  readonly redis?: Redis;
}

/** Our server, on PostgreSQL or embedded. */
export function undertone(
  postgres: Postgres | undefined,
  { layout = oneRoom, flags = [], processes = 1, redis }: UndertoneOptions = {},
): Target {
  const place = postgres === undefined ? 'embedded PGlite' : 'PostgreSQL';
  return {
    name: redis === undefined ? `undertone, ${place}` : `${processes} × undertone, ${place} and Redis`,
    settings: 'durable before acknowledged; one group commit at a time; SENDS_PER_SECOND=1000000',
    start: async (receivers, sink) => {
      let circles: Circle[] = [];
      const world = await makeWorld(
        postgres,
        async (sql) => {
          circles = await makeCircles(sql, layout, receivers);
        },
        redis,
      );
      const servers: Undertone[] = [];
      for (let i = 0; i < processes; i += 1) servers.push(await world.start(flags));
      const members = await connectCircles(servers, circles, sink);
      const services = [postgres, redis].flatMap((service) => service?.pid ?? []);
      return {
        members,
        cpu: async () => ({
          server: await cpuSeconds(servers.map(({ pid }) => pid)),
          database: await cpuSeconds(services),
        }),
        stop: async () => {
          const broken = members.find((member) => member.failure?.message.startsWith('a gap'));
          await Promise.all(servers.map((server) => server.stop()));
          await world.remove();
          if (broken?.failure) throw broken.failure;
        },
      };
    },
  };
}
