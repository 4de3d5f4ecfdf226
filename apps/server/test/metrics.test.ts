import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, errorTable } from '@undertone/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registry } from '../src/metrics/instruments.ts';
import { type MetricsServer, startMetricsServer } from '../src/metrics/metrics-server.ts';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { at, codeOf, Person } from './support/person.ts';

const root = join(import.meta.dirname, '../../..');
let server: TestServer;
let metrics: MetricsServer;
beforeAll(async () => {
  server = await startTestServer();
  metrics = await startMetricsServer({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await metrics.close();
  await server.close();
});

const scrape = async (): Promise<string> => (await fetch(`${metrics.origin}/metrics`)).text();

/** The value of a series as it was scraped. */
async function value(series: string): Promise<number> {
  const line = (await scrape()).split('\n').find((candidate) => candidate.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no ${series}`);
  return Number(line.slice(series.length + 1));
}

const refusals = (code: ErrorCode, via: string): Promise<number> =>
  value(`undertone_refusals_total{code="${code}",via="${via}"}`);

it('metrics are served by their own listener only', async () => {
  expect((await fetch(`${server.origin}/metrics`)).headers.get('content-type')).not.toContain('version=0.0.4');
  const response = await fetch(`${metrics.origin}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect((await fetch(`${metrics.origin}/`)).status).toBe(404);
  expect((await fetch(`${metrics.origin}/metrics`, { method: 'POST' })).status).toBe(404);
});

it('sockets, rooms, envelopes, flushes, fan-out and catch-ups are counted', async () => {
  const names = ['entries_written_total', 'flush_envelopes_sum', 'flush_seconds_count', 'catch_up_pages_total'];
  const before = await Promise.all(names.map((name) => value(`undertone_${name}`)));
  expect(await value('undertone_sockets')).toBe(0);
  const alice = await Person.online(server.origin);
  const bob = await Person.online(server.origin);
  const room = await alice.room('Counted');
  await alice.found(room);
  expect(await value('undertone_sockets')).toBe(2);
  // The lobby, where both are, and this one.
  expect(await value('undertone_rooms_with_sockets')).toBe(2);
  const fannedOut = await value('undertone_fan_out_seconds_count');
  await Promise.all(Array.from({ length: 7 }, () => alice.send(room, at(1, 0))));
  await alice.socket.request({ type: 'pull', room, after: 0 as never, limit: 10 });
  await alice.socket.entriesUntil(room, (entries) => entries.filter(({ kind }) => kind === 'message').length === 7);
  const after = await Promise.all(names.map((name) => value(`undertone_${name}`)));
  const grown = after.map((now, index) => now - (before[index] ?? 0));
  // Seven messages beside the notices of who came and the founding.
  expect(grown[0]).toBeGreaterThanOrEqual(8);
  expect(grown[1]).toBe(7);
  expect(grown[2]).toBeGreaterThanOrEqual(1);
  expect(grown[3]).toBe(1);
  expect(await value('undertone_fan_out_seconds_count')).toBeGreaterThan(fannedOut);
  alice.socket.close();
  bob.socket.close();
  await Promise.all([alice.socket.closed, bob.socket.closed]);
  await expect.poll(() => value('undertone_sockets')).toBe(0);
});

it('a refusal counts by its code, however it is said', async () => {
  const counted: [ErrorCode, string][] = [
    ['username_taken', 'http'],
    ['not_found', 'http'],
    ['not_member', 'socket'],
    ['bad_frame', 'socket'],
    ['not_signed_in', 'close'],
  ];
  const before = await Promise.all(counted.map(([code, via]) => refusals(code, via)));
  const alice = await Person.online(server.origin);
  const username = alice.me.account.username;
  await alice.http.refused('POST', '/accounts', { username, password: 'Correct horse 9' });
  await alice.http.refused('GET', '/nowhere');
  const bob = await Person.online(server.origin);
  const room = await bob.room('Not for all');
  expect(await codeOf(alice.send(room, at(1, 0)))).toBe('not_member');
  alice.socket.sendRaw(new Uint8Array([0xc1]));
  await alice.socket.nextOf('error', ({ code }) => code === 'bad_frame');
  await alice.http.ok('DELETE', '/sessions/current');
  await alice.socket.closed;
  const after = await Promise.all(counted.map(([code, via]) => refusals(code, via)));
  expect(after.map((now, index) => now - (before[index] ?? 0))).toEqual([1, 1, 1, 1, 1]);
  bob.socket.close();
});

it('every code of the error table has a sentence and a series', async () => {
  const text = await scrape();
  for (const [code, { sentence }] of Object.entries(errorTable)) {
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    for (const via of ['http', 'socket', 'close']) expect(text).toContain(`{code="${code}",via="${via}"}`);
  }
});

it('requests count by the pattern of their route, never by their address', async () => {
  await fetch(`${server.origin}/api/usernames/planted-name`);
  await fetch(`${server.origin}/api/planted-path`);
  const text = await scrape();
  expect(text).toContain('undertone_http_requests_total{method="GET",route="/api/usernames/:name",status="200"}');
  expect(text).not.toContain('planted');
});

/** The names of series that a query of Prometheus asks for. */
const namesIn = (query: string): string[] =>
  [...query.matchAll(/\b(?:undertone|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);

it.each([
  ['the dashboard', 'deploy/grafana/undertone.json'],
  ['the alerts', 'deploy/prometheus/undertone.rules.yml'],
  ['the page for operators', 'docs/operations.md'],
])('%s name series that exist', async (_what, file) => {
  const text = await scrape();
  const series = new Set([...text.matchAll(/^([a-z0-9_]+)[ {]/gm)].map(([, name]) => name));
  for (const { name } of await registry.getMetricsAsJSON()) series.add(name);
  const asked = namesIn(await readFile(join(root, file), 'utf8'));
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((name) => !series.has(name))).toEqual([]);
});

it('the dashboard shows every metric of ours', async () => {
  const text = await readFile(join(root, 'deploy/grafana/undertone.json'), 'utf8');
  const dashboard = JSON.parse(text) as { panels: { targets: { expr: string }[]; gridPos: object }[] };
  const asked = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr)));
  const ours = (await registry.getMetricsAsJSON()).map(({ name }) => name).filter((name) => /^undertone_/.test(name));
  expect(ours.filter((name) => !asked.some((used) => used.startsWith(name)))).toEqual([]);
});
