import { randomUUID } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import { encodeFrame, limits, type RoomId, wireVersion } from '@undertone/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { HttpClient } from './support/http-client.ts';
import { at, blob, entryId, freshName, goodPassword, Person } from './support/person.ts';
import { SocketClient } from './support/socket-client.ts';

let server: TestServer;
let alice: Person;
let room: RoomId;
beforeAll(async () => {
  server = await startTestServer({ tuning: { presence: { collectMs: 5, graceMs: 1_000 } } });
  alice = await Person.online(server.origin);
  room = await alice.room('A room');
  await alice.found(room);
});
afterAll(() => server.close());

const client = () => new HttpClient(server.origin);

describe('requests', () => {
  it('T1 malformed JSON, wrong types and unknown fields are invalid_request', async () => {
    for (const body of ['{"username":', '[]', '"text"', 'null', '{"username":1,"password":true}', '']) {
      expect(await client().refused('POST', '/sessions', body)).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    const extra = { username: freshName(), password: goodPassword, admin: true };
    expect(await client().refused('POST', '/accounts', extra)).toMatchObject({ code: 'invalid_request' });
    const proto = `{"username":"someone","password":"${goodPassword}","__proto__":{"x":1}}`;
    expect(await client().refused('POST', '/accounts', proto)).toMatchObject({ code: 'invalid_request' });
    const headers = { 'content-type': 'text/plain' };
    expect(await client().refused('POST', '/sessions', 'x', headers)).toMatchObject({ code: 'invalid_request' });
    expect(await alice.http.refused('POST', '/rooms/not-an-id/membership')).toMatchObject({ code: 'invalid_request' });
    expect(await alice.http.refused('POST', '/rooms', { name: '!!!' })).toMatchObject({ code: 'invalid_request' });
  });

  it('T1 a body that is too large is too_large', async () => {
    const body = { username: freshName(), password: 'x'.repeat(200_000) };
    expect(await client().refused('POST', '/accounts', body)).toMatchObject({ status: 413, code: 'too_large' });
  });

  it('T1 an unknown path of the API is not_found in JSON, signed in or not', async () => {
    for (const path of ['/nope', '/rooms/x/y/z']) {
      expect(await client().refused('GET', path)).toMatchObject({ status: 404, code: 'not_found' });
    }
    expect(await alice.http.refused('PUT', '/config')).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('T1 what needs a session says so', async () => {
    for (const [method, path] of [
      ['GET', '/account'],
      ['GET', '/rooms'],
      ['POST', '/invites'],
      ['GET', '/sessions'],
      ['POST', '/devices'],
      ['POST', '/key-packages/claim'],
      ['GET', `/rooms/${randomUUID()}/members`],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect(await client().refused(method, path, body)).toMatchObject({ status: 401, code: 'not_signed_in' });
    }
  });

  it('A5 a state-changing request of another origin, or of none, is refused', async () => {
    for (const origin of ['https://evil.example', 'null', `${server.origin}.evil.example`, 'http://localhost:1']) {
      const refused = await alice.http.refused('POST', '/rooms', { name: 'x' }, { origin });
      expect(refused).toMatchObject({ status: 403, code: 'wrong_origin' });
    }
    const response = await fetch(`${server.origin}/api/sessions/current`, {
      method: 'DELETE',
      headers: { cookie: alice.http.cookie },
    });
    expect(response.status).toBe(403);
    const byNumber = new HttpClient(server.origin.replace('localhost', '127.0.0.1'));
    const taken = { username: alice.me.account.username, password: goodPassword };
    expect(await byNumber.refused('POST', '/accounts', taken)).toMatchObject({ code: 'username_taken' });
  });

  it('5xx detail never leaves the server', async () => {
    const { database } = server.services;
    const broken = await startTestServer({ logLevel: 'silent' });
    await broken.services.database.close();
    const refused = await new HttpClient(broken.origin).refused('GET', `/usernames/${freshName()}`);
    expect(refused).toEqual({ status: 500, code: 'internal', detail: {} });
    expect((await fetch(`${broken.origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${broken.origin}/healthz`)).status).toBe(200);
    await broken.app.close();
    expect(database.kind).toBe('pglite');
  });

  it('every answer carries the security headers', async () => {
    const { headers } = await fetch(`${server.origin}/api/config`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toContain('unsafe');
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob: data:",
      "worker-src 'self'",
      "require-trusted-types-for 'script'",
      'trusted-types svelte-trusted-html undertone',
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).toContain(`ws://localhost:${server.port}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(headers.has('permissions-policy')).toBe(true);
    expect(headers.has('strict-transport-security')).toBe(false);
  });

  it('the API describes itself', async () => {
    const { paths } = (await (await fetch(`${server.origin}/api/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/accounts', '/api/rooms/{id}/members']));
  });
});

describe('sockets', () => {
  const raw = async () => new SocketClient(server.origin, alice.http.cookie).opened();

  it('A5 the upgrade must come from the own origin', async () => {
    for (const origin of ['https://evil.example', undefined]) {
      const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/api/socket`, {
        headers: { cookie: alice.http.cookie, ...(origin ? { origin } : {}) },
      });
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('open', () => resolve('open'));
        socket.on('error', () => {});
      });
      expect(status).toBe(403);
    }
  });

  it('T2 a socket without a session is closed with 4401, without a device with 4409', async () => {
    expect(await new SocketClient(server.origin, '').closed).toMatchObject({ code: 4401 });
    expect(await new SocketClient(server.origin, 'undertone_session=nonsense').closed).toMatchObject({ code: 4401 });
    const person = await Person.signUp(server.origin);
    expect(await new SocketClient(server.origin, person.http.cookie).closed).toMatchObject({ code: 4409 });
  });

  it('T3 anything before hello, and hello twice, is bad_frame', async () => {
    const socket = await raw();
    await expect(socket.request({ type: 'ping' })).rejects.toMatchObject({ code: 'bad_frame' });
    await socket.hello();
    await expect(socket.hello()).rejects.toMatchObject({ code: 'bad_frame' });
    expect(await socket.request({ type: 'ping' })).toMatchObject({ type: 'pong' });
    socket.close();
  });

  it.each([1, wireVersion + 1])('T3 version %i is unsupported_version, closed with 4426', async (version) => {
    const socket = await raw();
    await expect(socket.request({ type: 'hello', version })).rejects.toMatchObject({ code: 'unsupported_version' });
    expect(await socket.closed).toMatchObject({ code: 4426 });
  });

  it('T4 frames that cannot be read change nothing, carry their ref back, and after ten the socket is closed', async () => {
    const socket = await raw();
    await socket.hello();
    const before = await alice.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    const send = { type: 'send', room, ...at(1, 0), id: entryId(), kind: 'message', body: blob() };
    const bad: { data: Uint8Array | string; ref: number | null }[] = [
      { data: 'text', ref: null },
      { data: blob(40), ref: null },
      { data: encode('a string'), ref: null },
      { data: encode({ ref: 7, type: 'nonsense' }), ref: 7 },
      { data: encode({ ...send, ref: 8, account: alice.account }), ref: 8 },
      { data: encode({ ...send, ref: 9, body: 'text' }), ref: 9 },
      { data: encode({ ...send, ref: -1 }), ref: null },
      { data: encode({ ...send, ref: 11, id: entryId().toUpperCase() }), ref: 11 },
      { data: encode({ ...send, ref: 12, body: blob(limits.envelopeMaxBytes + 1) }), ref: 12 },
    ];
    for (const [index, { data, ref }] of bad.entries()) {
      socket.sendRaw(data);
      await socket.next(() => socket.frames.filter((frame) => frame.type === 'error').length > index);
      expect(socket.frames.filter((frame) => frame.type === 'error').at(-1)).toMatchObject({ code: 'bad_frame', ref });
    }
    await socket.request({ type: 'ping' });
    const after = await alice.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(after.entries).toEqual(before.entries);
    socket.sendRaw(encode({ ref: 13 }));
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });

  it('T2 a frame beyond the limit closes the socket and nothing else', async () => {
    const socket = await raw();
    await socket.hello();
    socket.sendRaw(new Uint8Array(limits.frameMaxBytes + 1));
    expect((await socket.closed).code).toBe(1009);
    await alice.socket.request({ type: 'ping' });
  });

  it('T3 a replayed frame is answered like the first', async () => {
    const socket = await raw();
    await socket.hello();
    const id = entryId();
    const frame = encodeFrame({ type: 'send', ref: 77, room, ...at(1, 0), id, kind: 'message', body: blob() });
    for (let i = 0; i < 3; i += 1) socket.sendRaw(frame);
    await socket.next(() => socket.frames.filter((answer) => 'ref' in answer && answer.ref === 77).length === 3);
    const acks = socket.frames.filter((answer) => 'ref' in answer && answer.ref === 77);
    expect(acks).toEqual([acks[0], acks[0], acks[0]]);
    const page = await socket.request<'page'>({ type: 'pull', room, limit: 50 });
    expect(page.entries.filter((entry) => 'id' in entry && entry.id === id)).toHaveLength(1);
    socket.close();
  });

  it('sends beyond the bucket are rate_limited, with how long to wait', async () => {
    const bob = await Person.online(server.origin);
    await bob.join(room);
    // Far more than what comes back meanwhile, however slow the machine.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 * limits.sendBurst }, () => bob.send(room, at(1, 0))),
    );
    const limited = outcomes.filter(
      (outcome) => outcome.status === 'rejected' && outcome.reason.code === 'rate_limited',
    );
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]).toMatchObject({ reason: { detail: { retryAfterMs: expect.any(Number) } } });
  });
});

describe('presence', () => {
  it('is told when someone comes and goes, not for a short reconnect', async () => {
    const [bob, carol] = [await Person.signUp(server.origin), await Person.signUp(server.origin)];
    await alice.socket.request({ type: 'watch', accounts: [bob.account, carol.account] });
    for (const person of [bob, carol]) await person.registerDevice();
    await bob.connect();
    await alice.socket.nextOf('presence', (frame) => frame.online.includes(bob.account));
    bob.socket.close();
    await bob.socket.closed;
    await bob.connect();
    await carol.connect();
    await alice.socket.nextOf('presence', (frame) => frame.online.includes(carol.account));
    const wentOffline = alice.socket.frames.some(
      (frame) => frame.type === 'presence' && frame.offline.includes(bob.account),
    );
    expect(wentOffline).toBe(false);
    bob.socket.close();
    await alice.socket.nextOf('presence', (frame) => frame.offline.includes(bob.account));
  });
});
