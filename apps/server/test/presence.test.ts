import {
  type AccountId,
  type ActivePeople,
  type LastSeenList,
  limits,
  type Me,
  type ServerFrameOf,
} from '@undertone/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { codeOf, goodPassword, Person } from './support/person.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const online = () => Person.online(server.origin);

/** Watch these, in place of others; resolves with their states. */
const watch = (watcher: Person, ...accounts: AccountId[]) =>
  watcher.socket.request<'watching'>({ type: 'watch', accounts });

const stateOf = ({ online: on, away, unknown }: ServerFrameOf<'watching'>, account: AccountId) =>
  on.includes(account) ? 'online' : away.includes(account) ? 'away' : unknown.includes(account) ? 'unknown' : 'offline';

/** Resolves when the account has this state: presence is told a moment late. */
async function untilSeen(watcher: Person, account: AccountId, state: string): Promise<void> {
  await expect.poll(async () => stateOf(await watch(watcher, account), account), { interval: 200 }).toBe(state);
}

/** What the watcher is told of the account from now on, the first that fits. */
function told(watcher: Person, account: AccountId, list: 'online' | 'away' | 'offline' | 'unknown') {
  const seen = watcher.socket.frames.length;
  return watcher.socket.next(
    (frame) =>
      frame.type === 'presence' && frame[list].includes(account) && watcher.socket.frames.indexOf(frame) >= seen,
  ) as Promise<ServerFrameOf<'presence'>>;
}

const activity = (person: Person, state: 'active' | 'away') =>
  person.socket.request<'done'>({ type: 'activity', state });

const show = (person: Person, presence: 'everyone' | 'nobody') => person.http.ok<Me>('PATCH', '/account', { presence });

/** All pages of `GET /api/active`, or of a room's. */
async function active(asker: Person, room?: string): Promise<ActivePeople['people']> {
  const path = room === undefined ? '/active' : `/rooms/${room}/active`;
  const people: ActivePeople['people'] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: ActivePeople = await asker.http.ok('GET', `${path}${next === '' ? '' : `?after=${next}`}`);
    people.push(...page.people);
    next = page.next;
  }
  return people;
}

async function lastSeen(asker: Person, account: AccountId): Promise<number | null | undefined> {
  const answer = await asker.http.ok<LastSeenList>('POST', '/last-seen', { accounts: [account] });
  return answer.lastSeen[0]?.at;
}

it('P1 an account is away when all of its sockets say so, and who watches later is told so', async () => {
  const [alice, bob] = [await online(), await online()];
  const second = new Person(server.origin);
  second.http.cookie = bob.http.cookie;
  second.key = bob.key;
  await second.connect();
  await untilSeen(alice, bob.account, 'online');
  await activity(bob, 'away');
  const away = told(alice, bob.account, 'away');
  await activity(second, 'away');
  expect((await away).online).not.toContain(bob.account);
  const carol = await online();
  const seen = await watch(carol, alice.account, bob.account);
  expect([stateOf(seen, alice.account), stateOf(seen, bob.account)]).toEqual(['online', 'away']);
  const back = told(alice, bob.account, 'online');
  await activity(second, 'active');
  await back;
});

it('P2 who chooses nobody is offline for everyone at once, and on no page, until they choose otherwise', async () => {
  const [alice, bob] = [await online(), await online()];
  expect(bob.me.presence).toBe('everyone');
  await untilSeen(alice, bob.account, 'online');
  const gone = told(alice, bob.account, 'offline');
  expect((await show(bob, 'nobody')).presence).toBe('nobody');
  await gone;
  const carol = await online();
  expect(stateOf(await watch(carol, bob.account), bob.account)).toBe('offline');

  bob.socket.close();
  await bob.socket.closed;
  await bob.connect();
  await activity(bob, 'away');
  const dave = await online();
  expect(stateOf(await watch(dave, bob.account), bob.account)).toBe('offline');
  expect((await active(dave)).map(({ account }) => account)).not.toContain(bob.account);
  expect((await bob.http.ok<Me>('GET', '/account')).presence).toBe('nobody');

  const away = told(alice, bob.account, 'away');
  await show(bob, 'everyone');
  await away;
});

it('P2 when an account was last seen is told to the minute, unless it hides or never was there', async () => {
  const [alice, bob] = [await online(), await online()];
  const never = await Person.signUp(server.origin);
  expect(await lastSeen(alice, bob.account)).toBeNull();
  expect(await lastSeen(alice, never.account)).toBeNull();
  expect(await lastSeen(alice, crypto.randomUUID() as AccountId)).toBeNull();
  const before = Date.now();
  bob.socket.close();
  await expect.poll(() => lastSeen(alice, bob.account)).not.toBeNull();
  const at = (await lastSeen(alice, bob.account)) ?? 0;
  expect(at % 60_000).toBe(0);
  expect(at).toBeGreaterThan(before - 60_001);
  expect(at).toBeLessThanOrEqual(Date.now());
  await show(bob, 'nobody');
  expect(await lastSeen(alice, bob.account)).toBeNull();
  await show(bob, 'everyone');
  expect(await lastSeen(alice, bob.account)).toBe(at);
});

it('P2 a time is kept while an account hides, and goes with the account', async () => {
  const [alice, bob] = [await online(), await online()];
  await show(bob, 'nobody');
  bob.socket.close();
  await bob.socket.closed;
  await show(bob, 'everyone');
  await expect.poll(() => lastSeen(alice, bob.account)).not.toBeNull();
  await bob.http.ok('DELETE', '/account', { password: goodPassword });
  expect(await lastSeen(alice, bob.account)).toBeNull();
});

it('P2 the setting has two values', async () => {
  const { http } = await Person.signUp(server.origin);
  expect(await http.refused('PATCH', '/account', { presence: 'friends' })).toMatchObject({ code: 'invalid_request' });
  const nobody = await fetch(`${server.origin}/api/last-seen`, { method: 'POST', headers: { origin: server.origin } });
  expect(nobody.status).toBe(401);
});

it('P3 nobody is told of anybody whom they do not watch', async () => {
  const [alice, bob] = [await online(), await online()];
  expect(alice.hello).not.toHaveProperty('online');
  await watch(alice, bob.account);
  const [carol, dave] = [await online(), await online()];
  await watch(carol, dave.account);
  await untilSeen(carol, dave.account, 'online');
  const away = told(alice, bob.account, 'away');
  await activity(dave, 'away');
  await activity(bob, 'away');
  await away;
  await watch(alice);
  await activity(bob, 'active');
  await untilSeen(carol, bob.account, 'online');
  const named = alice.socket.frames.flatMap((frame) =>
    frame.type === 'presence' ? [...frame.online, ...frame.away, ...frame.offline, ...frame.unknown] : [],
  );
  expect(named).not.toContain(dave.account);
  expect(alice.socket.frames.at(-1)?.type).toBe('watching');
});

it('P3 more accounts than a client can show are refused, and so are frames without end', async () => {
  const alice = await online();
  const many = Array.from({ length: limits.watchedAccounts + 1 }, () => crypto.randomUUID() as AccountId);
  expect(await codeOf(watch(alice, ...many))).toBe('bad_frame');
  expect(await watch(alice, ...many.slice(1))).toMatchObject({ online: [], away: [], unknown: [] });
  const asked = await Promise.allSettled(Array.from({ length: limits.watchBurst + 5 }, () => watch(alice)));
  const refused = asked.filter((outcome) => outcome.status === 'rejected');
  expect(refused[0]).toMatchObject({ reason: { code: 'rate_limited', detail: { retryAfterMs: expect.any(Number) } } });
});

it('P4 who shares no room sees neither presence nor when someone was last here', async () => {
  const [alice, bob] = [await online(), await online()];
  await bob.leave(await bob.lobby());
  expect(await active(alice)).not.toContainEqual({ account: bob.account, state: 'online' });
  expect(stateOf(await watch(alice, bob.account), bob.account)).toBe('offline');
  bob.socket.close();
  await bob.socket.closed;
  await bob.connect();
  expect(await lastSeen(alice, bob.account)).toBeNull();
  const room = await alice.room('Where both are');
  await bob.join(room);
  await untilSeen(alice, bob.account, 'online');
  expect(await lastSeen(alice, bob.account)).not.toBeNull();
});

it('P5 who is active is listed by request, for the server and for a room one is in', async () => {
  const [alice, bob, carol] = [await online(), await online(), await online()];
  const room = await alice.room('Who is here');
  await bob.join(room);
  await activity(bob, 'away');
  await untilSeen(alice, bob.account, 'away');
  await untilSeen(alice, carol.account, 'online');
  expect(await active(alice, room)).toEqual(
    [
      { account: alice.account, state: 'online' },
      { account: bob.account, state: 'away' },
    ].toSorted((a, b) => (a.account < b.account ? -1 : 1)),
  );
  expect(await active(alice)).toContainEqual({ account: carol.account, state: 'online' });
  const { count, complete } = await alice.http.ok<ActivePeople>('GET', '/active');
  expect(count).toBeGreaterThanOrEqual(3);
  expect(complete).toBe(true);
  expect(await carol.http.refused('GET', `/rooms/${room}/active`)).toMatchObject({ code: 'not_member' });
  expect(await carol.http.refused('GET', `/rooms/${crypto.randomUUID()}/active`)).toMatchObject({
    code: 'unknown_room',
  });
});
