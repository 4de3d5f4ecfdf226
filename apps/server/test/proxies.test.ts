import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverLimits } from '../src/server-limits.ts';
import { freePort } from '../src/testing/free-port.ts';
import { at, blob, goodPassword, Person } from './support/person.ts';
import { proxies, runProxy } from './support/proxy.ts';
import { twoInARoom } from './support/rooms.ts';
import { ServerProcess } from './support/server-process.ts';
import { servicesRequired } from './support/services.ts';
import { bytesOf, download, upload } from './support/upload.ts';

const mebibyte = 1024 ** 2;

it.skipIf(!servicesRequired)('both proxies are there', () => {
  expect(proxies.filter(({ available }) => !available)).toEqual([]);
});

describe.each(proxies)('behind $name, as it is set up in deploy/', (kind) => {
  const closing: (() => unknown)[] = [];
  let origin = '';
  let server: ServerProcess;
  let start: () => Promise<ServerProcess>;

  beforeAll(async () => {
    if (!kind.available) return;
    // Its certificate is made for the test.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const folder = await mkdtemp(join(tmpdir(), 'undertone-proxy-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const ports = { https: await freePort(), http: await freePort(), server: await freePort() };
    origin = `https://localhost:${ports.https}`;
    const settings = { PORT: String(ports.server), DATA_DIR: join(folder, 'data'), PUBLIC_ORIGIN: origin };
    start = async () => {
      const one = new ServerProcess({ ...settings, LOG_LEVEL: 'info' });
      await one.line();
      return one;
    };
    server = await start();
    closing.push(async () => {
      server.kill('SIGKILL');
      await server.ended;
    });
    closing.push(await runProxy(kind, folder, ports));
  });

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });

  it.skipIf(!kind.available)('answers come over https with the headers that protect the app', async () => {
    const page = await fetch(`${origin}/healthz`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
  });

  it.skipIf(!kind.available)('people talk over their sockets', async () => {
    const { alice, bob, room } = await twoInARoom(origin);
    const sent = await alice.send(room, at(1, 1));
    const entries = await bob.socket.entriesUntil(room, (all) => all.at(-1)?.kind === 'message');
    expect(entries.at(-1)).toMatchObject({ kind: 'message', seq: sent.seq });
  });

  it.skipIf(!kind.available)('a file larger than what proxies take by themselves goes through both ways', async () => {
    const { http } = await Person.online(origin);
    const data = blob(12 * mebibyte);
    const id = await upload(http, data);
    expect(Buffer.compare(await bytesOf(await download(http, id)), data)).toBe(0);
  });

  it.skipIf(!kind.available)('its cookie is for https alone', async () => {
    const response = await new Person(origin).http.request('POST', '/accounts', {
      username: `secure${Date.now()}`,
      password: goodPassword,
    });
    expect(response.headers.getSetCookie().join()).toMatch(/; Secure/i);
  });

  it.skipIf(!kind.available)('what a client says of its own address does not count', async () => {
    const { http } = new Person(origin);
    const attempts = 2 * serverLimits.httpRates.signUp.max;
    const statuses = new Set<number>();
    for (let i = 0; i < attempts; i += 1) {
      const response = await http.request('POST', '/accounts', {}, { 'x-forwarded-for': `203.0.113.${i % 250}` });
      statuses.add(response.status);
    }
    expect([...statuses]).toContain(429);
  });
});
