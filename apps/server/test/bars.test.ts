import { randomUUID } from 'node:crypto';
import type { ProtocolError, RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { barredDevices } from '../src/metrics/instruments.ts';
import { serverLimits } from '../src/server-limits.ts';
import { at, codeOf, entryId, Person } from './support/person.ts';
import { twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('bars', (server) => {
  const people = (count: number) => Promise.all(Array.from({ length: count }, () => Person.online(server().origin)));
  const prisma = () => server().services.database.prisma;

  interface Group {
    readonly culprit: Person;
    readonly others: readonly Person[];
    readonly room: RoomId;
    /** Where the group is. */
    epoch: number;
  }

  /** A public room whose group has the culprit, who founded it, and so many others. */
  async function group(count: number): Promise<Group> {
    const [culprit, ...others] = await people(count + 1);
    if (!culprit) throw new Error('nobody');
    const room = await culprit.room(`room ${randomUUID()}`);
    await culprit.found(room);
    for (const [epoch, other] of others.entries()) {
      await other.join(room);
      await other.enter(room, at(1, epoch));
    }
    return { culprit, others, room, epoch: count };
  }

  /** A commit of the culprit's that its sender's group cannot follow; the server cannot tell. Returns where it stands. */
  async function commit(place: Group): Promise<number> {
    const { seq } = await place.culprit.commit(place.room, at(1, place.epoch));
    place.epoch += 1;
    return seq;
  }

  const barred = async ({ culprit, room }: Pick<Group, 'culprit' | 'room'>): Promise<boolean> =>
    (await prisma().barredDevice.count({ where: { roomId: room, deviceId: culprit.device } })) > 0;

  it('R14 a device whose commit two of three others reported may neither commit nor found there for a while', async () => {
    const place = await group(3);
    const { culprit, room } = place;
    const [alice, bob] = place.others as [Person, Person];
    const seq = await commit(place);
    const counted = async () => (await barredDevices.get()).values[0]?.value ?? 0;
    const before = await counted();
    await alice.report(room, seq);
    expect(await barred(place)).toBe(false);
    await bob.report(room, seq);
    const refused = await culprit.commit(room, at(1, place.epoch)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'commits_barred' });
    const { retryAfterMs } = (refused as ProtocolError).detail as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(serverLimits.barMs - 60_000);
    expect(retryAfterMs).toBeLessThanOrEqual(serverLimits.barMs);
    expect(await codeOf(culprit.found(room, 2))).toBe('commits_barred');
    expect(await codeOf(culprit.enter(room, at(1, place.epoch), [culprit.device]))).toBe('commits_barred');
    expect(await counted()).toBe(before + 1);

    // Nothing else is kept from it, and nobody else is barred.
    await culprit.send(room, at(1, place.epoch));
    await alice.commit(room, at(1, place.epoch));
    const other = await culprit.room(`room ${randomUUID()}`);
    await culprit.found(other);
    await culprit.commit(other, at(1, 0));
  });

  it('R14 when the time is over it may again; the next time is twice as long, for what it did since', async () => {
    const place = await group(3);
    const { culprit, room, others } = place;
    const [alice, bob, carol] = others as [Person, Person, Person];
    const first = await commit(place);
    for (const person of [alice, bob]) await person.report(room, first);
    const where = { roomId_deviceId: { roomId: room, deviceId: culprit.device } };
    const bar = await prisma().barredDevice.findUniqueOrThrow({ where });
    await prisma().barredDevice.update({ where, data: { until: new Date() } });
    // Late words on what it was barred for change nothing.
    await carol.report(room, first);
    const second = await commit(place);
    await alice.report(room, second);
    expect(await prisma().barredDevice.findUniqueOrThrow({ where })).toMatchObject({ times: 1 });
    await bob.report(room, second);
    const next = await prisma().barredDevice.findUniqueOrThrow({ where });
    expect(next).toMatchObject({ times: 2 });
    expect(next.until.getTime() - next.barredAt.getTime()).toBe(2 * (bar.until.getTime() - bar.barredAt.getTime()));
    expect(await codeOf(culprit.commit(room, at(1, place.epoch)))).toBe('commits_barred');
  });

  it('R14 a founding counts like a commit, by those who had been in the group before', async () => {
    const place = await group(2);
    const { culprit, room, others } = place;
    await prisma().room.update({ where: { id: room }, data: { foundedAt: new Date(Date.now() - 61_000) } });
    const { seq } = await culprit.found(room, 2);
    for (const person of others) await person.report(room, seq);
    expect(await codeOf(culprit.commit(room, at(2, 0)))).toBe('commits_barred');
    expect(await codeOf(culprit.found(room, 3))).toBe('commits_barred');
    const [alice] = others as [Person];
    await prisma().room.update({ where: { id: room }, data: { foundedAt: new Date(Date.now() - 61_000) } });
    await alice.found(room, 3);
  });

  it('R14 reports of several entries of the device count together, of several devices not', async () => {
    const place = await group(3);
    const { room, others } = place;
    const [alice, bob] = others as [Person, Person];
    const byCulprit = await commit(place);
    const { seq: byBob } = await bob.commit(room, at(1, place.epoch));
    place.epoch += 1;
    await alice.report(room, byBob);
    await alice.report(room, byCulprit);
    expect(await barred(place)).toBe(false);
    await bob.report(room, await commit(place));
    expect(await barred(place)).toBe(true);
    expect(await barred({ culprit: bob, room })).toBe(false);
  });

  /** Reports that bar nobody. Each begins with a commit of the culprit's in a group of it and three others. */
  const lies: readonly (readonly [what: string, tell: (place: Group, seq: number) => Promise<void>])[] = [
    [
      'one account, again and again',
      async ({ others, room }, seq) => {
        for (let i = 0; i < 3; i += 1) await others[0]?.report(room, seq);
      },
    ],
    [
      'one account from two devices',
      async ({ others, room }, seq) => {
        const [alice] = others as [Person];
        await alice.report(room, seq);
        const again = new Person(server().origin);
        again.http.cookie = alice.http.cookie;
        again.me = alice.me;
        await again.registerDevice(true);
        await again.connect();
        await again.report(room, seq);
      },
    ],
    [
      'the account itself beside one other',
      async ({ culprit, others, room }, seq) => {
        await culprit.report(room, seq);
        await others[0]?.report(room, seq);
      },
    ],
    [
      'members whose devices were never in the group',
      async ({ room }, seq) => {
        for (const person of await people(3)) {
          await person.join(room);
          await person.report(room, seq);
        }
      },
    ],
    [
      'members who came after it',
      async ({ room, epoch }, seq) => {
        for (const [i, person] of (await people(3)).entries()) {
          await person.join(room);
          await person.enter(room, at(1, epoch + i));
          await person.report(room, seq);
        }
      },
    ],
    [
      'one who has left beside one who has not',
      async ({ others, room }, seq) => {
        const [alice, bob] = others as [Person, Person];
        await alice.report(room, seq);
        await alice.leave(room);
        await bob.report(room, seq);
      },
    ],
    [
      'one an hour after the other',
      async ({ others, room }, seq) => {
        const [alice, bob] = others as [Person, Person];
        await alice.report(room, seq);
        await prisma().$executeRaw`UPDATE reports SET at = at - interval '1 hour' WHERE room_id = ${room}::uuid`;
        await bob.report(room, seq);
      },
    ],
    [
      'a quarter of many',
      async ({ others, room }, seq) => {
        const more = await Promise.all(Array.from({ length: 5 }, () => Person.signUp(server().origin)));
        const rows = more.map(({ account }) => ({ roomId: room, accountId: account, joinedSeq: 0n, inGroupSeq: 1n }));
        await prisma().membership.createMany({ data: rows });
        await others[0]?.report(room, seq);
        await others[1]?.report(room, seq);
      },
    ],
  ];

  it.each(lies)('R14 nobody is barred by %s', async (_what, tell) => {
    const place = await group(3);
    const seq = await commit(place);
    await tell(place, seq);
    expect(await barred(place)).toBe(false);
  });

  it('R14 of nine others three are enough', async () => {
    const place = await group(3);
    const more = await Promise.all(Array.from({ length: 6 }, () => Person.signUp(server().origin)));
    const { room } = place;
    const rows = more.map(({ account }) => ({ roomId: room, accountId: account, joinedSeq: 0n, inGroupSeq: 1n }));
    await prisma().membership.createMany({ data: rows });
    const seq = await commit(place);
    const outcomes: boolean[] = [];
    for (const person of place.others) {
      await person.report(room, seq);
      outcomes.push(await barred(place));
    }
    expect(outcomes).toEqual([false, false, true]);
  });

  it('R14 in a thread of two nobody is ever barred', async () => {
    const { alice, bob, room } = await twoInAThread(server().origin);
    for (let epoch = 1; epoch < 6; epoch += 1) {
      const { seq } = await alice.commit(room, at(1, epoch));
      await bob.report(room, seq);
    }
    await alice.commit(room, at(1, 6));
    expect(await barred({ culprit: alice, room })).toBe(false);
  });

  it('R14 in a thread of three the two others can; an account that the commit added is one of them', async () => {
    const { alice, bob, room } = await twoInAThread(server().origin);
    const [carol] = (await people(1)) as [Person];
    const { seq } = await alice.commit(room, at(1, 1), { added: [carol.device] });
    await carol.report(room, seq);
    await bob.report(room, seq);
    expect(await codeOf(alice.commit(room, at(1, 2)))).toBe('commits_barred');
  });

  it('R4 a report is noted once, and only of a commit or founding that is there', async () => {
    const place = await group(1);
    const { room, others } = place;
    const [alice] = others as [Person];
    const { seq: message } = await alice.send(room, at(1, place.epoch));
    const { seq: link } = await alice.send(room, at(1, place.epoch), entryId(), 'link');
    // The first entry is the notice of who joined.
    for (const seq of [0, 1, message, link, link + 1, Number.MAX_SAFE_INTEGER]) {
      expect(await codeOf(alice.report(room, seq)), String(seq)).toBe('invalid_request');
    }
    const seq = await commit(place);
    await alice.report(room, seq);
    await alice.report(room, seq);
    expect(await prisma().report.findMany({ where: { roomId: room } })).toMatchObject([
      { seq: BigInt(seq), deviceId: alice.device },
    ]);
    const thread = await twoInAThread(server().origin);
    const [late] = (await people(1)) as [Person];
    await thread.alice.commit(thread.room, at(1, 1), { added: [late.device] });
    expect(await codeOf(late.report(thread.room, 1))).toBe('invalid_request');
  });
});
