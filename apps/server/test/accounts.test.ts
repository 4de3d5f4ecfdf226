import { deflateRawSync } from 'node:zlib';
import { type Invite, type Me, type SessionList, toBase64url } from '@undertone/protocol';
import argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { HttpClient } from './support/http-client.ts';
import { freshName, goodPassword, Person } from './support/person.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const client = () => new HttpClient(server.origin);
const png = (size = 100) =>
  toBase64url(Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(size)]));

describe('sign-up', () => {
  it('A1 a name that is taken, in another case or by look-alikes, is username_taken', async () => {
    const name = freshName('alice');
    await Person.signUp(server.origin, name);
    for (const username of [name, name.toUpperCase(), name.replace('alice', 'a1ice')]) {
      expect(await client().refused('POST', '/accounts', { username, password: goodPassword })).toMatchObject({
        status: 409,
        code: 'username_taken',
      });
      const answer = await client().ok('GET', `/usernames/${encodeURIComponent(username)}`);
      expect(answer).toEqual({ available: false, reason: 'taken' });
    }
    expect(await client().ok('GET', `/usernames/${freshName()}`)).toEqual({ available: true });
    expect(await client().ok('GET', '/usernames/a')).toEqual({ available: false, reason: 'invalid' });
  });

  it('A1 two who sign up with one name at the same time: one gets it', async () => {
    const body = { username: freshName(), password: goodPassword };
    const statuses = await Promise.all(
      [1, 2, 3, 4].map(async () => (await client().request('POST', '/accounts', body)).status),
    );
    expect(statuses.sort()).toEqual([201, 409, 409, 409]);
  });

  it.each([
    'ab',
    'a'.repeat(33),
    'no spaces',
    'аlice',
    '.dot',
    'dot.',
    'a..b',
    '<b>bold</b>',
    'a\u202eb',
    'deleted account',
  ])('A1 the name %j is invalid_username', async (username) => {
    expect(await client().refused('POST', '/accounts', { username, password: goodPassword })).toMatchObject({
      status: 422,
      code: 'invalid_username',
    });
  });

  it.each([
    ['Short1', ['length']],
    ['no capital 1', ['capital']],
    ['No number here', ['number']],
    ['Password1', ['uncommon']],
    ['short', ['length', 'capital', 'number']],
    [`A1${'x'.repeat(300)}`, ['length']],
  ])('A2 the password %j is weak_password', async (password, rules) => {
    const refused = await client().refused('POST', '/accounts', { username: freshName(), password });
    expect(refused).toMatchObject({ status: 422, code: 'weak_password' });
    expect(refused.detail).toEqual({ rules: expect.arrayContaining(rules) });
  });

  it('A2 the database holds an argon2id hash and no password, token or invite code', async () => {
    const person = await Person.signUp(server.origin);
    const { prisma } = server.services.database;
    const account = await prisma.account.findUniqueOrThrow({ where: { id: person.account } });
    expect(account.passwordHash).toMatch(/^\$argon2id\$/);
    const token = person.http.cookie.split('=')[1] ?? '';
    const rows = JSON.stringify(await prisma.session.findMany({ where: { accountId: person.account } }));
    expect(rows).not.toContain(token);
  });

  it('A4 the cookie is HttpOnly, SameSite=Strict, and Secure where the server is reached by https', async () => {
    const body = { username: freshName(), password: goodPassword };
    const plain = await client().request('POST', '/accounts', body);
    expect(plain.headers.getSetCookie()[0]).toMatch(
      /^undertone_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const secure = await startTestServer({ settings: { publicOrigin: 'https://chat.example.org' } });
    const response = await fetch(`http://localhost:${secure.port}/api/accounts`, {
      method: 'POST',
      headers: { origin: 'https://chat.example.org', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.headers.getSetCookie()[0]).toContain('; Secure');
    expect(response.headers.get('strict-transport-security')).toContain('max-age');
    await secure.close();
  });

  it.each(['\u3164', '\u2800', '\u00ad', ' \u200b ', '\u0301', 'Bob\u202e', 'Bob\u0000', ''])(
    'A7 a name that cannot be seen, or shows others otherwise, is invalid_request: %j',
    async (name) => {
      const person = await Person.signUp(server.origin);
      const account = { username: freshName(), password: goodPassword, displayName: name };
      for (const [method, path, body] of [
        ['POST', '/accounts', account],
        ['PATCH', '/account', { displayName: name }],
        ['POST', '/rooms', { name }],
      ] as const) {
        expect(await person.http.refused(method, path, body)).toMatchObject({ status: 400, code: 'invalid_request' });
      }
    },
  );

  it('A7 a name is kept in normal form C', async () => {
    const person = await Person.signUp(server.origin);
    const { account } = await person.http.ok<Me>('PATCH', '/account', { displayName: ' Zoe\u0308 ' });
    expect(account.displayName).toBe('Zo\u00eb');
  });

  it('avatars are taken by what they are, and served by content to those who are signed in', async () => {
    const refused = async (avatar: string) =>
      (await client().refused('POST', '/accounts', { username: freshName(), password: goodPassword, avatar })).code;
    expect(await refused(toBase64url(Buffer.from('<svg onload=alert(1)>')))).toBe('invalid_avatar');
    expect(await refused(toBase64url(deflateRawSync(Buffer.alloc(100))))).toBe('invalid_avatar');
    expect(await refused(png(64 * 1024))).toMatch(/invalid_avatar|invalid_request/);
    const http = client();
    const body = { username: freshName(), password: goodPassword, avatar: png(), displayName: 'Alice <b>A</b>' };
    const { account } = await http.ok<Me>('POST', '/accounts', body);
    expect(account.displayName).toBe('Alice <b>A</b>');
    const response = await http.request('GET', `/avatars/${account.avatar}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(await client().refused('GET', `/avatars/${account.avatar}`)).toMatchObject({ code: 'not_signed_in' });
    const cleared = await http.ok<Me>('PATCH', '/account', { avatar: null });
    expect(cleared.account.avatar).toBeNull();
    expect(await http.refused('GET', `/avatars/${account.avatar}`)).toMatchObject({ status: 404 });
  });

  it('everyone is in the lobby from the start', async () => {
    const person = await Person.online(server.origin);
    const lobby = person.hello.rooms.find((room) => room.slug === 'lobby');
    expect(lobby).toMatchObject({ kind: 'public', policy: 'shared' });
  });
});

describe('registration', () => {
  it('closed: nobody signs up', async () => {
    const closed = await startTestServer({ settings: { registration: 'closed' } });
    const refused = await new HttpClient(closed.origin).refused('POST', '/accounts', {
      username: freshName(),
      password: goodPassword,
    });
    expect(refused).toMatchObject({ status: 403, code: 'registration_closed' });
    await closed.close();
  });

  it('invite: a code is needed, works once, and only while it is valid', async () => {
    const byInvite = await startTestServer({ settings: { registration: 'invite' } });
    const signUp = (invite?: string) =>
      new HttpClient(byInvite.origin).request('POST', '/accounts', {
        username: freshName(),
        password: goodPassword,
        ...(invite === undefined ? {} : { invite }),
      });
    const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;
    expect(await codeOf(await signUp())).toBe('invite_required');
    expect(await codeOf(await signUp('nonsense'))).toBe('invalid_invite');
    const first = await byInvite.services.invites.create(null);
    const person = new HttpClient(byInvite.origin);
    await person.ok('POST', '/accounts', { username: freshName(), password: goodPassword, invite: first.code });
    expect(await codeOf(await signUp(first.code))).toBe('invalid_invite');

    const { code, expiresAt } = await person.ok<Invite>('POST', '/invites');
    expect(expiresAt - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    const statuses = await Promise.all([1, 2, 3].map(async () => (await signUp(code)).status));
    expect(statuses.sort()).toEqual([201, 403, 403]);
    const old = await person.ok<Invite>('POST', '/invites');
    const past = { expiresAt: new Date(Date.now() - 1) };
    await byInvite.services.database.prisma.invite.updateMany({ where: { usedAt: null }, data: past });
    expect(await codeOf(await signUp(old.code))).toBe('invalid_invite');
    await byInvite.close();
  });
});

describe('log-in', () => {
  it('A3 an unknown user and a wrong password get the same answer', async () => {
    const person = await Person.signUp(server.origin);
    const wrong = { username: person.me.account.username, password: 'Wrong password 1' };
    const [unknown, known] = await Promise.all([
      client().refused('POST', '/sessions', { username: freshName(), password: 'Wrong password 1' }),
      client().refused('POST', '/sessions', wrong),
    ]);
    expect(known).toMatchObject({ status: 401, code: 'wrong_credentials' });
    expect(unknown).toEqual(known);
  });

  it('A3 they cost the same work: one verification of the same cost each', async () => {
    const { hasher } = server.services;
    const hash = await hasher.hash(goodPassword);
    const verify = vi.spyOn(argon2, 'verify');
    expect(await hasher.verify(hash, 'Wrong password 1')).toBe(false);
    expect(await hasher.verify(undefined, 'Wrong password 1')).toBe(false);
    // The digest begins with what the work depends on: `$argon2id$v=…$m=…,t=…,p=…$`.
    const costs = verify.mock.calls.map(([digest]) => digest.split('$').slice(0, 4).join('$'));
    verify.mockRestore();
    expect(costs).toHaveLength(2);
    expect(costs[1]).toBe(costs[0]);
  });

  it('A3 wrong passwords are slowed down, with Retry-After, for that name from that address alone', async () => {
    const person = await Person.signUp(server.origin);
    const { username } = person.me.account;
    const attempt = () => client().request('POST', '/sessions', { username, password: 'Wrong password 1' });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await attempt()).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    const limited = await attempt();
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const other = await Person.signUp(server.origin);
    await client().ok('POST', '/sessions', { username: other.me.account.username, password: goodPassword });
  });

  it('A1 the name in another case logs in; the answer says whether this browser has a device', async () => {
    const person = await Person.signUp(server.origin);
    await person.registerDevice();
    const me = await client().ok<Me>('POST', '/sessions', {
      username: person.me.account.username.toUpperCase(),
      password: goodPassword,
    });
    expect(me).toMatchObject({ device: null, devices: [person.device], account: { id: person.account } });
  });

  it('rates per address are answered by rate_limited with Retry-After', async () => {
    const rate = { max: 2, windowMs: 60_000 };
    const limited = await startTestServer({
      tuning: { httpRates: { any: rate, signUp: rate, logIn: rate, lookUp: rate, transfer: rate } },
    });
    const http = new HttpClient(limited.origin);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await http.request('GET', `/usernames/${freshName()}`)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const response = await http.request('GET', `/usernames/${freshName()}`);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limited' } });
    await limited.close();
  });
});

describe('sessions', () => {
  it('A6 a session that is ended closes its sockets with 4401, and its cookie is worth nothing', async () => {
    const person = await Person.online(server.origin);
    const other = client();
    await other.ok('POST', '/sessions', { username: person.me.account.username, password: goodPassword });
    const { sessions } = await other.ok<SessionList>('GET', '/sessions');
    expect(sessions).toHaveLength(2);
    expect(sessions.filter((session) => session.current)).toHaveLength(1);
    await other.ok('DELETE', `/sessions/${person.me.session}`);
    expect(await person.socket.closed).toMatchObject({ code: 4401 });
    expect(await person.http.refused('GET', '/account')).toMatchObject({ status: 401, code: 'not_signed_in' });
    expect(await other.refused('DELETE', `/sessions/${person.me.session}`)).toMatchObject({ code: 'not_found' });
  });

  it('A6 changing the password ends every other session, and asks for the present one', async () => {
    const person = await Person.online(server.origin);
    const other = client();
    await other.ok('POST', '/sessions', { username: person.me.account.username, password: goodPassword });
    const change = (current: string, next: string) => ({ current, next });
    expect(
      await other.refused('POST', '/account/password', change('Wrong password 1', 'Another good 1')),
    ).toMatchObject({
      status: 403,
      code: 'wrong_password',
    });
    expect(await other.refused('POST', '/account/password', change(goodPassword, 'weak'))).toMatchObject({
      code: 'weak_password',
    });
    await other.ok('POST', '/account/password', change(goodPassword, 'Another good 1'));
    expect(await person.socket.closed).toMatchObject({ code: 4401 });
    expect((await other.ok<SessionList>('GET', '/sessions')).sessions).toHaveLength(1);
    const signIn = { username: person.me.account.username, password: 'Another good 1' };
    await client().ok('POST', '/sessions', signIn);
  });

  it('A4 signing out ends the session here and on the socket', async () => {
    const person = await Person.online(server.origin);
    await person.http.ok('DELETE', '/sessions/current');
    expect(await person.socket.closed).toMatchObject({ code: 4401 });
    expect(person.http.cookie).toBe('undertone_session=');
  });

  it('nobody ends a session of someone else', async () => {
    const [alice, mallory] = [await Person.signUp(server.origin), await Person.signUp(server.origin)];
    expect(await mallory.http.refused('DELETE', `/sessions/${alice.me.session}`)).toMatchObject({ code: 'not_found' });
    await alice.http.ok('GET', '/account');
  });
});

describe('people', () => {
  it('are found by the beginning of username or display name, oneself left out', async () => {
    const tag = freshName('zebra');
    const [alice, bob] = [
      await Person.signUp(server.origin, `${tag}-k`),
      await Person.signUp(server.origin, freshName()),
    ];
    await bob.http.ok('PATCH', '/account', { displayName: `${tag.toUpperCase()} the other` });
    const search = async (person: Person, text: string) => {
      const { profiles } = await person.http.ok<{ profiles: { id: string }[] }>(
        'GET',
        `/accounts?search=${encodeURIComponent(text)}`,
      );
      return profiles.map((profile) => profile.id);
    };
    expect(await search(alice, tag)).toEqual([bob.account]);
    expect(await search(bob, tag)).toEqual([alice.account]);
    expect(await search(alice, '%')).toEqual([]);
    expect(await search(alice, '_')).toEqual([]);
    expect(await search(alice, '  ')).toEqual([]);
  });

  it('a changed profile is told to everyone who is connected', async () => {
    const [alice, bob] = [await Person.online(server.origin), await Person.online(server.origin)];
    await alice.http.ok('PATCH', '/account', { displayName: 'New name' });
    const frame = await bob.socket.nextOf('account', ({ profile }) => profile.id === alice.account);
    expect(frame).toMatchObject({ root: 0, profile: { displayName: 'New name' } });
  });
});
