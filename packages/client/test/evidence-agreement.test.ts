import { type RoomId, toBase64url } from '@undertone/protocol';
import { prefixRange } from '@undertone/vault';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differenceRows, differences, storedChain } from './differences.ts';
import { newThread, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { recordOf } from './stolen.ts';

describe('an honest server', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** Everyone has read the log to its end. */
  async function caughtUp(room: RoomId, people: readonly Person[]): Promise<void> {
    const row = await at.server.services.database.prisma.room.findUniqueOrThrow({ where: { id: room } });
    const head = Number(row.head);
    for (const person of people) {
      await expect
        .poll(async () => (await recordOf(person, room)).cursor, { timeout: 15_000 })
        .toBeGreaterThanOrEqual(head);
    }
  }

  /** Nobody was told of a difference, and what they hold is the same to the last entry that all of them have. */
  async function expectAgreement(room: RoomId, people: readonly Person[]): Promise<void> {
    await caughtUp(room, people);
    for (const person of people) {
      await person.open(room);
      expect([person.name, differenceRows(person, room), differences(person, room)]).toEqual([person.name, [], []]);
      expect([person.name, person.unreadable(room).filter((reason) => reason === 'forged')]).toEqual([person.name, []]);
    }
    const chains = await Promise.all(people.map((person) => storedChain(person, room)));
    for (const one of chains) {
      for (const other of chains) {
        if (one === null || other === null) throw new Error('no chain');
        const { head, past } = one;
        const keyHead = { index: 0, hash: new Uint8Array(32) };
        const compared = other.compare({ ...head, ...past, keyHead }, (head.seq + 1) as never);
        expect(compared).toMatchObject({ present: other.head.seq < head.seq ? 'unknown' : 'agrees' });
        expect(compared).not.toMatchObject({ past: 'differs' });
      }
    }
  }

  const send = (person: Person, room: RoomId, text: string) => person.core.sendText(room, { id: newEntryId(), text });

  it('E4 many who talk at once raise no alarm, however long they go on', async () => {
    const people = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const [alice, bob, carol] = people as [Person, Person, Person];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob, carol);
    for (let i = 0; i < 30; i++) {
      await Promise.all(
        people.flatMap((person) => [lobby, thread].map((room) => send(person, room, `${person.name} ${i}`))),
      );
    }
    for (const person of people) for (const room of [lobby, thread]) await person.reads(room, 'carol 29');
    await carol.say(thread, 'the last one');
    for (const person of people) await person.reads(thread, 'the last one');
    await receiptsCame(thread, ...people);
    await expectAgreement(lobby, people);
    await expectAgreement(thread, people);
  }, 90_000);

  it('E3 what was sealed before a crash is sent again with the evidence that it had', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob);
    await receiptsCame(thread, alice, bob);
    for (const room of [lobby, thread]) {
      const bodies: string[] = [];
      alice.outgoing = (frame) => {
        if (frame.type !== 'send' || frame.room !== room || frame.kind !== 'message') return frame;
        bodies.push(toBase64url(frame.body));
        if (bodies.length === 1) throw new TypeError('power cut');
        return frame;
      };
      await send(alice, room, 'sealed early');
      await expect.poll(() => bodies.length).toBeGreaterThan(0);
      await bob.say(room, 'said meanwhile');
      await alice.reload();
      await alice.ready((one) => one.id === room);
      await bob.reads(room, 'sealed early');
      expect([bodies.length > 1, bodies[1]]).toEqual([true, bodies[0]]);
    }
    await receiptsCame(thread, alice, bob);
    await expectAgreement(lobby, [alice, bob]);
    await expectAgreement(thread, [alice, bob]);
  }, 60_000);

  it('E1 E2 who comes by Welcome, from outside, again after losing its keys, or from pages, has the same log', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob);
    bob.setOnline(false);
    for (let i = 0; i < 250; i++) await send(alice, i % 5 === 0 ? lobby : thread, `while bob is away ${i}`);
    await carol.reads(lobby, 'while bob is away 245');
    await alice.until('all to be sent', () =>
      alice
        .shown(thread)
        .some((row) => row.kind === 'message' && row.text === 'while bob is away 249' && row.seq !== null),
    );
    await alice.core.addToThread(thread, [carol.id]);
    await carol.thread();
    await carol.say(thread, 'I am new here');
    bob.setOnline(true);
    await bob.reads(thread, 'I am new here');
    // Bob's keys of both rooms are gone: he enters from outside.
    bob.core.close();
    const vault = await bob.vaults.open(bob.id);
    for (const room of [lobby, thread]) {
      const keys = await vault.keys('groups', prefixRange(`${room}/mls/`));
      await vault.write(keys.map((key) => ({ store: 'groups', key })));
    }
    await bob.reload();
    for (const room of [lobby, thread]) {
      await bob.ready(({ id }) => id === room);
      await bob.say(room, 'here again');
      for (const person of [alice, carol]) await person.reads(room, 'here again');
    }
    const people = [alice, bob, carol];
    await receiptsCame(thread, ...people);
    await expectAgreement(lobby, people);
    await expectAgreement(thread, people);
  }, 90_000);

  /** Alice says something while bob is away, which the server empties before he reads it. */
  async function emptiedBeforeRead(
    room: RoomId,
    alice: Person,
    bob: Person,
    digest: 'with' | 'without',
  ): Promise<void> {
    const { prisma } = at.server.services.database;
    bob.setOnline(false);
    await alice.say(room, `soon gone ${digest}`);
    await alice.say(room, `this stays ${digest}`);
    const row = alice.shown(room).find((one) => one.kind === 'message' && one.text === `soon gone ${digest}`);
    const seq = BigInt(row?.seq ?? 0);
    await (digest === 'with'
      ? prisma.$executeRaw`UPDATE entries SET body = ''::bytea, digest = sha256(body) WHERE room_id = ${room}::uuid AND seq = ${seq}`
      : prisma.$executeRaw`UPDATE entries SET body = ''::bytea, digest = NULL WHERE room_id = ${room}::uuid AND seq = ${seq}`);
    bob.setOnline(true);
    await bob.reads(room, `this stays ${digest}`);
    const { cursor } = await recordOf(bob, room);
    expect((await storedChain(bob, room))?.head.seq).toBe(cursor);
  }

  it('E2 a message that is emptied without its digest is a difference: the comparison cannot be switched off by it', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob);
    for (const room of [lobby, thread]) {
      await receiptsCame(thread, alice, bob);
      await emptiedBeforeRead(room, alice, bob, 'without');
      await bob.until('the difference', () => differenceRows(bob, room).length > 0);
      expect(differenceRows(bob, room).map(({ account }) => account)).toEqual([alice.id]);
    }
  }, 60_000);

  it('E2 emptied messages keep their place by their digest', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob, carol);
    const people = [alice, bob, carol];
    for (const room of [lobby, thread]) {
      await receiptsCame(thread, ...people);
      await emptiedBeforeRead(room, alice, bob, 'with');
      await bob.say(room, 'bob is back');
      for (const person of people) await person.reads(room, 'bob is back');
      for (const person of people) expect(differenceRows(person, room)).toEqual([]);
    }
    // The next epoch begins with what all of them know.
    const dave = await stocked('dave');
    await alice.core.addToThread(thread, [dave.id]);
    await dave.thread();
    for (const room of [lobby, thread]) {
      for (const person of [...people, dave]) {
        await person.say(room, `${person.name} in a new epoch`);
        for (const other of people) await other.reads(room, `${person.name} in a new epoch`);
      }
    }
    await receiptsCame(thread, ...people, dave);
    await expectAgreement(lobby, [...people, dave]);
    await expectAgreement(thread, [...people, dave]);
  }, 90_000);

  /** Numbers from a seed, so that a history that fails can be had again (mulberry32). */
  const random = (seed: number) => (): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  it.each([1, 2, 3])(
    'E4 E5 whatever honest people do raises no alarm (seed %i)',
    async (seed) => {
      const next = random(seed);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
      const people = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
      const [alice] = people as [Person];
      const { id: lobby } = await alice.lobby();
      const thread = await newThread(...(people as [Person, Person, Person]));
      const rooms = [lobby, thread];
      const act = async (n: number): Promise<void> => {
        const person = pick(people);
        // Who came while alice was away is not in the thread.
        const room = pick(rooms.filter((one) => person.findRoom(({ id }) => id === one)));
        const messages = person
          .shown(room)
          .flatMap((row) =>
            row.kind === 'message' && row.seq !== null && !row.deleted ? [{ ...row, seq: row.seq }] : [],
          );
        const message = messages.length === 0 ? undefined : pick(messages);
        const roll = next();
        if (roll < 0.5) await send(person, room, `${person.name} ${n}`);
        else if (roll < 0.6 && message) await person.core.react(room, message, '👍', next() < 0.7);
        else if (roll < 0.68 && message?.own) await person.core.deleteMessage(room, message, 'everyone');
        else if (roll < 0.74 && message?.own) await person.core.editText(room, message, `edited ${n}`, []);
        else if (roll < 0.82) person.setOnline(!person.online);
        else if (roll < 0.9) {
          if (person.online) await person.reload();
        } else if (roll < 0.95) {
          const seqs = messages.map(({ seq }) => seq);
          if (seqs.length > 0) await person.core.markRead(room, pick(seqs));
        } else if (roll < 0.98 && people.length < 5) {
          const other = await stocked(`newcomer${n}`);
          people.push(other);
          await other.lobby();
          if (alice.online) await alice.core.addToThread(thread, [other.id]);
          await other.until('the thread', () => !alice.online || other.findRoom(({ id }) => id === thread));
        }
      };
      for (let n = 0; n < 90; n++) await act(n);
      for (const person of people) if (!person.online) person.setOnline(true);
      const members = people.filter((person) => person.findRoom(({ id }) => id === thread));
      for (const [room, those] of [
        [lobby, people],
        [thread, members],
      ] as const) {
        for (const person of those) {
          await person.ready(({ id }) => id === room);
          await person.open(room);
          await person.say(room, `${person.name} at the end`);
        }
        for (const person of those) for (const other of those) await person.reads(room, `${other.name} at the end`);
      }
      await expectAgreement(lobby, people);
      await expectAgreement(thread, members);
    },
    120_000,
  );
});
