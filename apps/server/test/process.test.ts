import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryId, RoomId } from '@undertone/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { writeImage } from '../src/testing/database-image.ts';
import { at, entryId, Person } from './support/person.ts';
import { ServerProcess } from './support/server-process.ts';

/** A data folder as a first start leaves it: making the database anew takes seconds. */
let template: string;
let dataDir: string;
const processes: ServerProcess[] = [];

function start(env: Record<string, string> = {}, args: string[] = []): ServerProcess {
  const server = new ServerProcess({ PORT: '0', DATA_DIR: dataDir, ...env }, args);
  processes.push(server);
  return server;
}

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'undertone-template-'));
  await writeImage(join(template, 'database'));
});
afterAll(() => rm(template, { recursive: true, force: true }));
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'undertone-process-'));
  await cp(template, dataDir, { recursive: true });
});
afterEach(async () => {
  for (const server of processes.splice(0)) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await rm(dataDir, { recursive: true, force: true });
});

/** A port that something else listens on. */
async function usedPort(): Promise<{ port: number; free(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, free: () => server.close() };
}

it('a wrong setting is named in one sentence, exit code 78', async () => {
  const { code, stderr } = await start({ REGISTRATION: 'sometimes', LOG_LEVEL: 'silent' }).ended;
  expect(code).toBe(78);
  expect(stderr).toBe('The setting REGISTRATION must be one of open, invite, closed.\n');
});

it('a second process on the same data folder, and a port in use, end with one clear line', async () => {
  const first = start({ LOG_LEVEL: 'silent' });
  await first.line();
  const second = await start({ LOG_LEVEL: 'silent' }).ended;
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/^The data folder .* is in use by another Undertone server \(process \d+\)\..*\n$/);

  const { port, free } = await usedPort();
  const other = await mkdtemp(join(tmpdir(), 'undertone-process-'));
  const third = await start({ LOG_LEVEL: 'silent', DATA_DIR: other }, ['-p', String(port)]).ended;
  expect(third.code).toBe(1);
  expect(third.stderr).toMatch(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use\\..*\\n$`));
  free();
  await rm(other, { recursive: true });
});

it('a lock that a killed process left behind is taken over', async () => {
  const gone = start();
  await gone.line();
  gone.kill('SIGKILL');
  await gone.ended;
  await start().line();
});

it('a first start makes the database', async () => {
  await rm(join(dataDir, 'database'), { recursive: true });
  await start().line();
});

it('a lock without a process in it is taken over', async () => {
  await writeFile(join(dataDir, 'server.lock'), 'nonsense');
  await start().line();
});

it('an unreachable database ends with one clear line', async () => {
  const { port, free } = await usedPort();
  free();
  const { code, stderr } = await start({
    LOG_LEVEL: 'silent',
    DATABASE_URL: `postgresql://nobody:secret@127.0.0.1:${port}/nothing`,
  }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^The database at 127\\.0\\.0\\.1:${port}/nothing cannot be used: .*\\n$`));
  expect(stderr).not.toContain('secret');
});

it('by invitation and without an account, the server prints a link that works', async () => {
  const server = start({ REGISTRATION: 'invite' });
  const [link, origin] = [await server.line(), await server.line()];
  const invite = new URL(link.slice(link.indexOf('http'))).searchParams.get('invite');
  const answer = await fetch(`${origin}/api/accounts`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'alice', password: 'Correct horse 9', invite }),
  });
  expect(answer.status).toBe(201);
});

it.each([
  ['SIGTERM', (server: ServerProcess) => server.kill('SIGTERM')],
  ['SIGINT', (server: ServerProcess) => server.kill('SIGINT')],
  ['TERMINATE', (server: ServerProcess) => server.type('TERMINATE')],
])('%s: what was sent is flushed and acknowledged, then bye, 1012, exit code 0', async (_name, end) => {
  const server = start();
  const origin = await server.line();
  const alice = await Person.online(origin);
  const room = await alice.room('A room');
  await alice.found(room);
  const outcomes = Promise.allSettled(Array.from({ length: 100 }, () => alice.send(room, at(1, 0))));
  await alice.socket.nextOf('ack', (frame) => frame.room === room && frame.seq > 3);
  end(server);
  await alice.socket.nextOf('bye');
  expect((await alice.socket.closed).code).toBe(1012);
  expect((await server.ended).code).toBe(0);
  const acked = (await outcomes).flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.seq] : []));

  const again = start();
  const back = new Person(await again.line());
  back.http.cookie = alice.http.cookie;
  await back.connect();
  const page = await back.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
  const seqs = new Set(page.entries.map((entry) => entry.seq));
  expect(acked.filter((seq) => !seqs.has(seq))).toEqual([]);
});

it('L2 killed under load, again and again: nothing acknowledged is lost, nothing is there twice, order is kept', async () => {
  let server = start({ LOG_LEVEL: 'silent' });
  let person = await Person.online(await server.line());
  const { cookie } = person.http;
  const room: RoomId = await person.room('A room');
  await person.found(room);
  const acked = new Map<EntryId, number>();
  const unsure: EntryId[] = [];

  for (let round = 0; round < 3; round += 1) {
    const target = acked.size + 60;
    const send = async (id: EntryId): Promise<void> => {
      const ack = await person.send(room, at(1, 0), id).catch(() => undefined);
      if (ack === undefined) unsure.push(id);
      else if (acked.has(id)) expect(acked.get(id)).toBe(ack.seq);
      else acked.set(id, ack.seq);
      if (acked.size >= target) server.kill('SIGKILL');
    };
    // First what the last round left open, under its old ids; then new ones.
    const ids = [...unsure.splice(0), ...Array.from({ length: 150 }, entryId)];
    await Promise.all(ids.map(send));
    server.kill('SIGKILL');
    await server.ended;
    server = start({ LOG_LEVEL: 'silent' });
    person = new Person(await server.line());
    person.http.cookie = cookie;
    await person.connect();
  }

  const entries = [];
  for (let more = true; more; ) {
    const after = (entries.at(-1)?.seq ?? 0) as never;
    const page = await person.socket.request<'page'>({ type: 'pull', room, after, limit: 200 });
    entries.push(...page.entries);
    more = page.more;
  }
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, i) => i + 1));
  const stored = new Map(entries.flatMap((entry) => ('id' in entry ? [[entry.id, entry.seq] as const] : [])));
  expect(stored.size).toBe(entries.filter((entry) => 'id' in entry).length);
  expect(acked.size).toBeGreaterThan(150);
  for (const [id, seq] of acked) expect(stored.get(id)).toBe(seq);
}, 120_000);

it('the log names no content, no token, no address', async () => {
  const server = start({ LOG_LEVEL: 'trace' });
  const alice = await Person.online(await server.line(), 'very-special-name');
  const room = await alice.room('Plain name');
  await alice.found(room);
  const text = 'planted-secret-words';
  const body = new TextEncoder().encode(text);
  await alice.socket.request({ type: 'send', room, ...at(1, 0), id: entryId(), kind: 'message', body });
  await alice.http.refused('POST', '/sessions', { username: 'very-special-name', password: 'planted-Password-1' });
  await alice.http.refused('POST', '/sessions', '{"planted-body');
  await alice.http.request('GET', '/accounts?search=planted-search');
  server.type('TERMINATE');
  const { stderr } = await server.ended;
  expect(stderr).toContain('"route":"/api/sessions"');
  const token = alice.http.cookie.split('=')[1] ?? 'none';
  for (const secret of [text, 'planted', 'very-special-name', token, 'remoteAddress', goodPasswordPart]) {
    expect(stderr).not.toContain(secret);
  }
});

const goodPasswordPart = 'Correct horse';
