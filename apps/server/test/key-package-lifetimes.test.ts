import {
  type ClaimedKeyPackages,
  fromBase64url,
  type KeyPackageCount,
  limits,
  toBase64url,
  type UploadKeyPackagesRequest,
} from '@undertone/protocol';
import { expect, it } from 'vitest';
import { type KeyPackageParts, keyPackageBytes } from './support/mls-bytes.ts';
import { blob, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';

type Upload = UploadKeyPackagesRequest['keyPackages'][number];

const dayMs = 86_400_000;
const minMs = limits.keyPackageMinValidMs;

function upload(validMs: number, parts: KeyPackageParts = {}): Upload {
  const notAfter = BigInt(Math.floor((Date.now() + validMs) / 1000));
  const keyPackage = toBase64url(keyPackageBytes({ notAfter, ...parts }));
  return { reference: toBase64url(blob(32)), keyPackage, expiresAt: Number(notAfter) * 1000 };
}

onEachDatabase('lifetimes of key packages', (server) => {
  const put = (person: Person, keyPackages: readonly Upload[], lastResort?: Upload) =>
    person.http.ok<KeyPackageCount>('POST', '/key-packages', { keyPackages, ...(lastResort ? { lastResort } : {}) });
  const count = (person: Person) => person.http.ok<KeyPackageCount>('GET', '/key-packages/count');
  const claim = async (claimer: Person, target: Person) => {
    const path = '/key-packages/claim';
    const { keyPackages } = await claimer.http.ok<ClaimedKeyPackages>('POST', path, { accounts: [target.account] });
    return keyPackages.map(({ keyPackage }) => keyPackage);
  };
  const two = () => Promise.all([Person.online(server().origin), Person.online(server().origin)]);
  /** Let what the server has of a person be so much older. */
  const age = async (person: Person, ms: number) => {
    const { prisma } = server().services.database;
    await prisma.$executeRaw`
      UPDATE key_packages SET expires_at = expires_at - ${ms}::float8 * interval '1 millisecond'
      WHERE device_id = ${person.device}::uuid`;
    await prisma.$executeRaw`
      UPDATE devices SET last_resort_expires_at = last_resort_expires_at - ${ms}::float8 * interval '1 millisecond'
      WHERE id = ${person.device}::uuid`;
  };

  it('I11 an upload whose declared end is not its own, that has ended, or that is no key package is invalid_request', async () => {
    const [alice] = await two();
    const good = upload(90 * dayMs);
    const wrongs: readonly (readonly [what: string, wrong: Upload])[] = [
      ['a later end declared', { ...good, expiresAt: good.expiresAt + 1000 }],
      ['an earlier end declared', { ...good, expiresAt: good.expiresAt - 1 }],
      ['ended', upload(-1000)],
      ['ended long ago', upload(-90 * dayMs)],
      ['random bytes', { ...good, keyPackage: toBase64url(blob(300)) }],
      ['cut off', { ...good, keyPackage: toBase64url(fromBase64url(good.keyPackage).slice(0, -1)) }],
      ['something behind it', upload(90 * dayMs, { after: blob(1) })],
      ['another version', upload(90 * dayMs, { version: 2 })],
      ['another suite', upload(90 * dayMs, { suite: 2 })],
      ['another wire format', upload(90 * dayMs, { wireFormat: 4 })],
      ['a leaf of a commit', upload(90 * dayMs, { source: 3 })],
      ['an end that is no date', upload(90 * dayMs, { notAfter: 2n ** 64n - 1n })],
    ];
    for (const [what, wrong] of wrongs) {
      for (const body of [{ keyPackages: [good, wrong] }, { keyPackages: [good], lastResort: wrong }]) {
        const refused = await alice.http.refused('POST', '/key-packages', body);
        expect(refused, what).toMatchObject({ status: 400, code: 'invalid_request' });
      }
    }
    expect(await count(alice)).toEqual({ count: 0, lastResort: null });
    expect(await put(alice, [{ ...good, expiresAt: good.expiresAt + 999 }])).toMatchObject({ count: 1 });
  });

  it('I11 of the stock those are given that are valid for a while yet; the last resort to its end', async () => {
    const [alice, bob] = await two();
    const [long, lastResort] = [upload(minMs + 10 * dayMs), upload(minMs + 2 * dayMs)];
    expect(await put(alice, [upload(minMs + dayMs), upload(minMs + dayMs), long], lastResort)).toMatchObject({
      count: 3,
    });
    await age(alice, 2 * dayMs);
    expect(await claim(bob, alice)).toEqual([long.keyPackage]);
    expect(await claim(bob, alice)).toEqual([lastResort.keyPackage]);
    expect(await count(alice)).toMatchObject({ count: 0, lastResort: { used: true } });
    await age(alice, minMs);
    const refused = await bob.http.refused('POST', '/key-packages/claim', { accounts: [alice.account] });
    expect(refused).toMatchObject({ code: 'no_key_package' });
    expect(await count(alice)).toEqual({ count: 0, lastResort: null });
  });

  it('I11 what ends soon leaves its place in a full stock to others, and goes by itself too', async () => {
    const [alice, bob] = await two();
    const stock = Array.from({ length: limits.keyPackagesStock }, () => upload(minMs + dayMs));
    await put(alice, stock, upload(dayMs));
    await put(bob, stock.slice(0, 3), upload(dayMs));
    await Promise.all([age(alice, 2 * dayMs), age(bob, 2 * dayMs)]);
    const fresh = upload(90 * dayMs);
    expect(await put(alice, [fresh], fresh)).toEqual({
      count: 1,
      lastResort: { reference: fresh.reference, used: false, expiresAt: fresh.expiresAt },
    });
    const { database, keyPackages } = server().services;
    await keyPackages.prune();
    expect(await database.prisma.keyPackage.count({ where: { deviceId: bob.device } })).toBe(0);
    expect(await count(alice)).toMatchObject({ count: 1 });
  });

  it('I11 a last resort counts as used from when it was given, until it is replaced', async () => {
    const [alice, bob] = await two();
    await put(alice, [upload(90 * dayMs)], upload(90 * dayMs));
    await claim(bob, alice);
    expect(await count(alice)).toMatchObject({ count: 0, lastResort: { used: false } });
    // A claim that fails for another account gives nothing.
    const nobody = await Person.signUp(server().origin);
    await bob.http.refused('POST', '/key-packages/claim', { accounts: [alice.account, nobody.account] });
    expect(await count(alice)).toMatchObject({ lastResort: { used: false } });
    await claim(bob, alice);
    expect(await count(alice)).toMatchObject({ lastResort: { used: true } });
    const replacement = upload(90 * dayMs);
    expect(await put(alice, [], replacement)).toMatchObject({
      lastResort: { reference: replacement.reference, used: false },
    });
  });

  it('I11 what was stored without its end gets it from its own bytes when it is first touched', async () => {
    const [alice, bob] = await two();
    const { prisma } = server().services.database;
    const [ending, good, lastResort] = [upload(minMs - dayMs), upload(90 * dayMs), upload(dayMs)];
    const rows = [ending, good].map(({ reference, keyPackage }) => ({
      deviceId: alice.device,
      reference: fromBase64url(reference),
      keyPackage: fromBase64url(keyPackage),
    }));
    const unreadable = { deviceId: alice.device, reference: blob(32), keyPackage: blob(300) };
    await prisma.keyPackage.createMany({ data: [unreadable, ...rows] });
    await prisma.device.update({
      where: { id: alice.device },
      data: {
        lastResortReference: fromBase64url(lastResort.reference),
        lastResortKeyPackage: fromBase64url(lastResort.keyPackage),
      },
    });
    expect(await claim(bob, alice)).toEqual([good.keyPackage]);
    const { reference, expiresAt } = lastResort;
    expect(await count(alice)).toEqual({ count: 0, lastResort: { reference, used: false, expiresAt } });
    expect(await prisma.keyPackage.count({ where: { deviceId: alice.device } })).toBe(0);

    // By itself as well, for devices that nobody asks for.
    await prisma.keyPackage.createMany({ data: [unreadable, ...rows] });
    await prisma.device.update({
      where: { id: alice.device },
      data: { lastResortKeyPackage: blob(300), lastResortExpiresAt: null },
    });
    await server().services.keyPackages.prune();
    expect(await prisma.keyPackage.findMany({ where: { deviceId: alice.device } })).toMatchObject([
      { expiresAt: new Date(good.expiresAt) },
    ]);
    expect(await count(alice)).toEqual({ count: 1, lastResort: null });
  });
});
