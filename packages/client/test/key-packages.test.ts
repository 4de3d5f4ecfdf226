import { welcomeReferences } from '@undertone/mls/profile';
import type { ServerFrame } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyPackageRecord } from '../src/storage/records.ts';
import { stock } from './meeting.ts';
import { type Person, world } from './people.ts';
import { recordOf } from './stolen.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('key packages', () => {
  let at: Awaited<ReturnType<typeof world>>;
  let startedAt: number;
  beforeEach(async () => {
    at = await world();
    startedAt = Date.now();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await at.close();
  });

  /** A full stock: nothing is still being made. */
  const stocked = async (name: string) => {
    const person = await stock(at.person(name));
    await expect.poll(async () => (await person.rest.keyPackageCount()).count, { timeout: 40_000 }).toBe(100);
    return person;
  };

  const afterDays = (days: number) => {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['Date'], now: startedAt + days * dayMs, shouldAdvanceTime: true });
  };

  /** Sessions end after 90 days. */
  const returns = async (person: Person) => {
    await person.reload();
    if (person.snapshot?.session.phase === 'signed_out') await person.signIn();
    await person.lobby();
  };

  const held = async (person: Person) => {
    const vault = await person.vaults.open(person.id);
    return (await vault.scan<KeyPackageRecord>('keyPackages')).map(({ key, value }) => ({ key, ...value }));
  };
  const lastResorts = async (person: Person) => (await held(person)).filter(({ lastResort }) => lastResort);

  it.each([89, 91])(
    'I11 of one who was away for %i days are replaced on return, and those that are over leave the browser',
    async (days) => {
      const [alice, bob] = [await stocked('alice'), await stocked('bob')];
      const before = new Set((await held(bob)).map(({ key }) => key));
      bob.core.close();
      afterDays(days);
      await returns(alice);
      if (days > 90) await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'no_key_package' });
      await returns(bob);
      await expect.poll(async () => (await bob.rest.keyPackageCount()).count, { timeout: 40_000 }).toBe(100);
      const now = await held(bob);
      expect(now.filter(({ expiresAt }) => (expiresAt ?? 0) > Date.now() + 80 * dayMs).length).toBe(101);
      expect(now.some(({ key }) => before.has(key))).toBe(days < 90);
      const thread = await alice.core.startThread([bob.id]);
      await bob.thread();
      await alice.say(thread, 'long time no see');
      await bob.reads(thread, 'long time no see');
      expect(alice.security(thread)).toEqual([]);
    },
    120_000,
  );

  it('I11 R16 a last resort is told, replaced after use, deleted after a grace time, and who came in by it renews at once', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { prisma } = at.server.services.database;
    const drain = () =>
      prisma.$executeRaw`DELETE FROM key_packages WHERE device_id IN (SELECT id FROM devices WHERE account_id = ${bob.id}::uuid)`;
    await drain();
    const [first] = await lastResorts(bob);
    if (first === undefined) throw new Error('no last resort');
    let welcome: Uint8Array | undefined;
    bob.incoming = (frame: ServerFrame) => {
      if (frame.type === 'welcome') welcome = frame.welcome;
      return [frame];
    };
    const thread = await alice.core.startThread([bob.id]);
    await alice.open(thread);
    await alice.until('the row', () => alice.security(thread).join() === 'last_resort');
    expect(alice.shown(thread).find(({ kind }) => kind === 'security')).toMatchObject({ account: bob.id });
    await bob.thread();
    await expect.poll(async () => (await recordOf(alice, thread)).group?.epoch, { timeout: 15_000 }).toBe(2);
    const { renewed } = await recordOf(bob, thread);
    expect(renewed).not.toBeNull();
    await alice.say(thread, 'hello');
    await bob.reads(thread, 'hello');
    // The server has another one now.
    await expect
      .poll(async () => (await bob.rest.keyPackageCount()).lastResort, { timeout: 15_000 })
      .toMatchObject({ used: false });
    const second = (await bob.rest.keyPackageCount()).lastResort?.reference;
    expect(second).not.toBe(first.key);
    expect((await lastResorts(bob)).map(({ key, retiredAt }) => [key, retiredAt !== undefined]).sort()).toEqual(
      [
        [first.key, true],
        [second, false],
      ].sort(),
    );
    if (welcome === undefined) throw new Error('no Welcome');
    const references = welcomeReferences(welcome).map((reference) => Buffer.from(reference).toString('base64url'));
    expect(references).toContain(first.key);
    // A Welcome that was on its way would still be of use now; after the grace time nothing opens it.
    for (const [days, kept] of [
      [6, true],
      [8, false],
    ] as const) {
      afterDays(days);
      await bob.reload();
      await bob.lobby();
      await expect
        .poll(async () => (await held(bob)).some(({ key }) => references.includes(key)), { timeout: 15_000 })
        .toBe(kept);
    }
  }, 60_000);

  it('I11 a last resort that nobody used is replaced after a month', async () => {
    const bob = await stocked('bob');
    const [first] = await lastResorts(bob);
    for (const [days, same] of [
      [20, true],
      [31, false],
    ] as const) {
      afterDays(days);
      const asked = bob.wire.length;
      await bob.reload();
      await bob.lobby();
      await expect.poll(() => bob.wire.length).toBeGreaterThan(asked);
      await expect
        .poll(async () => (await bob.rest.keyPackageCount()).lastResort?.reference === first?.key, { timeout: 15_000 })
        .toBe(same);
    }
    expect((await lastResorts(bob)).length).toBe(2);
  }, 60_000);
});
