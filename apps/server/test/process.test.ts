import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { writeImage } from '../src/testing/database-image.ts';
import { at, entryId, Person } from './support/person.ts';
import { ServerProcess } from './support/server-process.ts';

/** A data folder as a first start leaves it: making the database anew takes seconds. */
let template: string;
let dataDir: string;
const processes: ServerProcess[] = [];

function start(env: Record<string, string> = {}, args: string[] = []): ServerProcess {
  const server = new ServerProcess({ PORT: '0', DATA_DIR: dataDir, ...env }, { args });
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

it('the log is structured, with request ids, and names no content, no person, no token, no address', async () => {
  const server = start({ LOG_LEVEL: 'trace', PUBLIC_ORIGIN: 'https://chat.example.org' });
  await server.line();
  // Behind its proxy, which says who asks.
  const listening = server.stderr.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0] ?? '';
  const proxied = {
    origin: 'https://chat.example.org',
    'x-forwarded-for': '203.0.113.77',
    'user-agent': 'planted-agent',
  };
  const alice = new Person(listening, proxied);
  await alice.signUp('very-special-name');
  await alice.registerDevice();
  await alice.connect();
  const room = await alice.room('planted-room');
  await alice.found(room);
  const body = new TextEncoder().encode('planted-secret-words');
  await alice.socket.request({ type: 'send', room, ...at(1, 0), id: entryId(), kind: 'message', body });
  alice.socket.sendRaw('planted-text-frame');
  alice.socket.sendRaw(new Uint8Array([0xc1]));
  await alice.socket.nextOf('error');
  const wrong = { username: 'very-special-name', password: 'planted-Password-1' };
  await alice.http.refused('POST', '/sessions', wrong);
  await alice.http.refused('POST', '/sessions', '{"planted-body');
  const { status, headers } = await alice.http.request('GET', '/accounts?search=planted-search');
  expect(status).toBe(200);
  await alice.http.request('GET', '/planted-path');
  server.type('TERMINATE');
  const { stderr } = await server.ended;

  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const answered = lines.filter(({ msg }) => msg === 'answered');
  expect(answered.map(({ route }) => route)).toEqual(
    expect.arrayContaining(['/api/sessions', '/api/accounts', 'none']),
  );
  expect(lines.find(({ reqId }) => reqId === headers.get('x-request-id'))).toMatchObject({ route: '/api/accounts' });
  expect(new Set(answered.map(({ reqId }) => reqId)).size).toBe(answered.length);
  const token = alice.http.cookie.split('=')[1] ?? 'none';
  const { id } = alice.me.account;
  for (const secret of ['planted', 'very-special-name', 'Correct horse', token, '203.0.113.77', 'remoteAddress', id]) {
    expect(stderr).not.toContain(secret);
  }
});
