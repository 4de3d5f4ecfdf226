import { randomUUID } from 'node:crypto';
import { type ClaimedKeyPackages, type KeyPackageCount, toBase64url } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { startTestServer } from '../src/testing/start-test-server.ts';
import { keyPackageBytes } from './support/mls-bytes.ts';
import { blob, goodPassword, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';

const dayMs = 86_400_000;

/** Key packages that end after so long, as a client uploads them. */
const upload = (count: number, validMs = 90 * dayMs) =>
  Array.from({ length: count }, () => {
    const notAfter = BigInt(Math.floor((Date.now() + validMs) / 1000));
    const keyPackage = toBase64url(keyPackageBytes({ notAfter }));
    return { reference: toBase64url(blob(32)), keyPackage, expiresAt: Number(notAfter) * 1000 };
  });

/** What the server says of a last resort. */
const stored = (uploaded: ReturnType<typeof upload>[number] | undefined, used: boolean) =>
  uploaded && { reference: uploaded.reference, used, expiresAt: uploaded.expiresAt };

onEachDatabase('devices', (server) => {
  it('I7 a session is bound to a device by a signature over its id', async () => {
    const alice = await Person.signUp(server().origin);
    await alice.registerDevice();
    alice.me = await alice.http.ok('POST', '/sessions', {
      username: alice.me.account.username,
      password: goodPassword,
    });
    expect(alice.me.device).toBeNull();
    const bind = (device: string, proof: string) =>
      alice.http.refused('PUT', '/sessions/current/device', { device, proof });
    expect(await bind(alice.device, toBase64url(blob(64)))).toMatchObject({ code: 'invalid_proof' });
    expect(await bind(randomUUID(), alice.proof())).toMatchObject({ status: 404, code: 'unknown_device' });
    const bob = await Person.online(server().origin);
    expect(await bind(bob.device, bob.proof())).toMatchObject({ code: 'unknown_device' });
    expect(await alice.http.refused('GET', '/key-packages/count')).toMatchObject({ code: 'device_required' });
    const me = await alice.http.ok('PUT', '/sessions/current/device', { device: alice.device, proof: alice.proof() });
    expect(me).toMatchObject({ device: alice.device });
    await alice.connect();
  });

  it('I3 of two browsers that register at once one is the first', async () => {
    const alice = await Person.signUp(server().origin);
    const other = new Person(server().origin);
    other.me = await other.http.ok('POST', '/sessions', {
      username: alice.me.account.username,
      password: goodPassword,
    });
    const statuses = await Promise.all(
      [alice, other].map(
        async (person) => (await person.http.request('POST', '/devices', person.registration())).status,
      ),
    );
    expect(statuses.sort()).toEqual([201, 409]);
  });

  it('key packages are given once each, however many ask at once, then the last resort', async () => {
    const target = await Person.online(server().origin);
    const claimers = await Promise.all(Array.from({ length: 6 }, () => Person.online(server().origin)));
    const keyPackages = upload(20);
    const lastResort = upload(1)[0];
    expect(await target.http.ok('POST', '/key-packages', { keyPackages, lastResort })).toEqual({
      count: 20,
      lastResort: stored(lastResort, false),
    });
    // The same again changes nothing.
    await target.http.ok('POST', '/key-packages', { keyPackages });
    expect(await target.http.ok<KeyPackageCount>('GET', '/key-packages/count')).toEqual({
      count: 20,
      lastResort: stored(lastResort, false),
    });
    const claim = async (claimer: Person) => {
      const answer = await claimer.http.ok<ClaimedKeyPackages>('POST', '/key-packages/claim', {
        accounts: [target.account],
      });
      expect(answer.keyPackages).toHaveLength(1);
      return answer.keyPackages[0]?.keyPackage;
    };
    const claimed = await Promise.all(Array.from({ length: 24 }, (_, i) => claim(claimers[i % 6] as Person)));
    const fresh = claimed.filter((keyPackage) => keyPackage !== lastResort?.keyPackage);
    expect(new Set(fresh).size).toBe(20);
    expect(fresh).toHaveLength(20);
    expect(await target.http.ok('GET', '/key-packages/count')).toEqual({
      count: 0,
      lastResort: stored(lastResort, true),
    });
  });

  it('someone who cannot be reached is no_key_package, and nothing is taken from the others', async () => {
    const [alice, bob] = [await Person.online(server().origin), await Person.online(server().origin)];
    const nobody = await Person.signUp(server().origin);
    await bob.http.ok('POST', '/key-packages', { keyPackages: upload(2) });
    const refused = await alice.http.refused('POST', '/key-packages/claim', {
      accounts: [bob.account, nobody.account],
    });
    expect(refused).toMatchObject({ status: 409, code: 'no_key_package', detail: { accounts: [nobody.account] } });
    expect(await bob.http.ok('GET', '/key-packages/count')).toEqual({ count: 2, lastResort: null });
  });

  it('a stock has its limit', async () => {
    const alice = await Person.online(server().origin);
    await alice.http.ok('POST', '/key-packages', { keyPackages: upload(80) });
    expect(await alice.http.ok('POST', '/key-packages', { keyPackages: upload(80) })).toMatchObject({ count: 100 });
    expect(await alice.http.refused('POST', '/key-packages', { keyPackages: upload(101) })).toMatchObject({
      code: 'invalid_request',
    });
  });
});

it('claims are limited per claimer and target', async () => {
  const claimRates = { perClaimer: { burst: 4, perSecond: 0.01 }, perPair: { burst: 2, perSecond: 0.01 } };
  const server = await startTestServer({ tuning: { claimRates } });
  const [alice, bob, carol] = await Promise.all([1, 2, 3].map(() => Person.online(server.origin)));
  if (!alice || !bob || !carol) throw new Error('nobody');
  for (const person of [bob, carol]) await person.http.ok('POST', '/key-packages', { keyPackages: upload(20) });
  const claim = (target: Person) => alice.http.request('POST', '/key-packages/claim', { accounts: [target.account] });
  const statuses: number[] = [];
  for (const target of [bob, bob, bob, carol]) statuses.push((await claim(target)).status);
  expect(statuses).toEqual([200, 200, 429, 200]);
  const limited = await claim(carol);
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  await server.close();
});
