import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobId, RoomId } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeImage } from '../apps/server/src/testing/database-image.ts';
import { at, blob, entryId, Person } from '../apps/server/test/support/person.ts';
import { bytesOf, download, upload } from '../apps/server/test/support/upload.ts';
import { Postgres, postgresPrograms } from './processes/postgres.ts';
import { Server } from './processes/server.ts';

/** The ways to back up and restore that docs/operations.md gives, step by step. */
const data = blob(300_000);
let backup: string;
const servers: Server[] = [];

beforeEach(async () => {
  backup = await mkdtemp(join(tmpdir(), 'undertone-backup-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.remove();
  await rm(backup, { recursive: true, force: true });
});

async function create(env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const server = await Server.create(env);
  servers.push(server);
  return server;
}

interface Left {
  readonly alice: Person;
  readonly room: RoomId;
  readonly file: BlobId;
}

/** Someone says twenty things and sends a file. */
async function talk(server: Server): Promise<Left> {
  await server.start();
  const alice = await Person.online(server.origin);
  const room = await alice.room('Kept');
  await alice.found(room);
  for (let i = 0; i < 20; i += 1) await alice.send(room, at(1, 0));
  const file = await upload(alice.http, data);
  const envelope = { room, ...at(1, 0), id: entryId(), kind: 'message' as const, body: blob(), blobs: [file] };
  await alice.socket.request({ type: 'send', ...envelope });
  return { alice, room, file };
}

/** On what was restored she is still signed in, everything is there, and she goes on where she was. */
async function expectAll(server: Server, { alice, room, file }: Left): Promise<void> {
  await server.start();
  const back = new Person(server.origin);
  back.http.cookie = alice.http.cookie;
  await back.connect();
  const page = await back.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
  expect(page.entries.filter(({ kind }) => kind === 'message')).toHaveLength(21);
  expect(page.entries).toEqual((await pulled(alice, room)).entries);
  expect(await bytesOf(await download(back.http, file))).toEqual(data);
  const ack = await back.send(room, at(1, 0));
  expect(ack.seq).toBe(page.entries.length + 1);
}

/** What the first server had, as she read it there. */
const logs = new Map<RoomId, Promise<{ entries: unknown[] }>>();
function pulled(alice: Person, room: RoomId): Promise<{ entries: unknown[] }> {
  const known = logs.get(room) ?? alice.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
  logs.set(room, known);
  return known;
}

it('the embedded database: a copy of DATA_DIR, made while the server is stopped', async () => {
  const first = await create();
  await writeImage(join(first.dataDir, 'database'));
  const left = await talk(first);
  await pulled(left.alice, left.room);
  await first.end('TERMINATE');
  await cp(first.dataDir, join(backup, 'data'), { recursive: true });
  await first.remove();

  const second = await create();
  await cp(join(backup, 'data'), second.dataDir, { recursive: true });
  await expectAll(second, left);
}, 60_000);

it.skipIf(postgresPrograms() === undefined)(
  'PostgreSQL: pg_dump while the server runs, then a copy of the files',
  async () => {
    const postgres = await Postgres.create();
    try {
      await postgres.start();
      const { DATABASE_URL = '' } = postgres.env;
      const program = (name: string, ...args: string[]): void => {
        execFileSync(join(postgresPrograms() ?? '', name), args, { stdio: 'ignore' });
      };
      const first = await create(postgres.env);
      const left = await talk(first);
      await pulled(left.alice, left.room);
      program('pg_dump', '--format=custom', `--file=${join(backup, 'undertone.dump')}`, DATABASE_URL);
      await cp(join(first.dataDir, 'blobs'), join(backup, 'blobs'), { recursive: true });
      await first.remove();

      program('psql', '--command=CREATE DATABASE restored', DATABASE_URL);
      const restored = DATABASE_URL.replace(/\/postgres$/, '/restored');
      program('pg_restore', '--exit-on-error', '--no-owner', `--dbname=${restored}`, join(backup, 'undertone.dump'));
      const second = await create({ DATABASE_URL: restored });
      await cp(join(backup, 'blobs'), join(second.dataDir, 'blobs'), { recursive: true });
      await expectAll(second, left);
    } finally {
      for (const server of servers.splice(0)) await server.remove();
      await postgres.remove();
    }
  },
  60_000,
);
