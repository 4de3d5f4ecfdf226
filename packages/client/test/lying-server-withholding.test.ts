import type { EntryId, LogEntry, MessageEntry, NoticeEntry, RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../src/room/log-hash.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { differenceRows, differences } from './differences.ts';
import { doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { type Person, world } from './people.ts';
import { aWhile } from './shadow-group.ts';

const blank = ({ seq, at, generation, epoch, account }: LogEntry): NoticeEntry => ({
  kind: 'notice',
  seq,
  at,
  generation,
  epoch,
  account,
  event: 'joined',
  devices: [],
});

const emptied = (entry: MessageEntry): MessageEntry => ({
  ...entry,
  body: new Uint8Array(0),
  digest: sha256Of(entry.body),
});

describe('a lying server that withholds', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));
  const storedRoom = async (person: Person, id: RoomId) =>
    (await (await person.vaults.open(person.id)).get<RoomRecord>('rooms', id)) as RoomRecord;

  /** Put something in the place of the next message of `sender`. */
  const replaceNext = (person: Person, sender: Person, room: RoomId, by: (entry: MessageEntry) => LogEntry) => {
    let done: EntryId | null = null;
    const { incoming } = person;
    person.incoming = (frame) =>
      incoming(frame).map((one) => {
        if ((one.type !== 'entries' && one.type !== 'page') || one.room !== room) return one;
        const entries = one.entries.map((entry) => {
          if (entry.kind !== 'message' || entry.account !== sender.id) return entry;
          done ??= entry.id;
          return done === entry.id ? by(entry) : entry;
        });
        return { ...one, entries };
      });
    return () => done !== null;
  };

  /** Answer the next `times` messages of the person as if it were not in the group. */
  const putOut = (person: Person, room: RoomId, times: number) => {
    const refs = new Set<number>();
    let left = times;
    person.outgoing = (frame) => {
      if (frame.type !== 'send' || frame.room !== room || left === 0) return frame;
      left -= 1;
      refs.add(frame.ref);
      return { ...frame, epoch: (frame.epoch + 1000) as typeof frame.epoch };
    };
    const { incoming } = person;
    person.incoming = (frame) =>
      incoming(frame).map((one) =>
        one.type === 'error' && one.ref !== null && refs.has(one.ref)
          ? { type: 'error', ref: one.ref, code: 'not_in_group', detail: {} }
          : one,
      );
    return () => left === 0;
  };

  const epochOf = async (person: Person, room: RoomId) =>
    (await (await person.vaults.open(person.id)).get<RoomRecord>('rooms', room))?.room.epoch ?? 0;

  it('E5 a message that one member did not get shows, though another enters again twice meanwhile', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const before = await epochOf(alice, id);
    const withheld = replaceNext(bob, alice, id, blank);
    const out = putOut(carol, id, 2);
    await alice.say(id, 'do not pay');
    await expect.poll(() => withheld() && out(), { timeout: 15_000 }).toBe(true);
    await expect.poll(() => epochOf(bob, id), { timeout: 15_000 }).toBe(before + 2);
    for (const person of [alice, bob, carol]) person.outgoing = (frame) => frame;
    await alice.say(id, 'pay them');
    await bob.reads(id, 'pay them');
    await bob.until('a difference', () => differences(bob, id).length > 0);
    expect(bob.texts(id)).not.toContain('do not pay');
  });

  it('E5 a message that the other of two did not get shows, though the other enters again meanwhile', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const withheld = replaceNext(bob, alice, id, blank);
    await alice.say(id, 'do not pay');
    await expect.poll(withheld, { timeout: 15_000 }).toBe(true);
    const out = putOut(bob, id, 1);
    await bob.say(id, 'shall I pay?');
    expect(out()).toBe(true);
    await alice.reads(id, 'shall I pay?');
    await alice.until('a difference', () => differences(alice, id).length > 0);
    expect(differences(alice, id).map(({ account }) => account)).toEqual([bob.id]);
    expect(bob.texts(id)).not.toContain('do not pay');
  });

  it('L9 E5 a new message that is told as one that is not kept any more is not withheld unseen', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const vault = await bob.vaults.open(bob.id);
    const { room } = (await vault.get<RoomRecord>('rooms', id)) as RoomRecord;
    bob.receive({ type: 'room', room: { ...room, emptiedSeq: 1_000_000 as Seq } });
    const withheld = replaceNext(bob, alice, id, emptied);
    await alice.say(id, 'do not pay');
    await expect.poll(withheld, { timeout: 15_000 }).toBe(true);
    for (const text of ['as I said', 'and so on']) {
      await alice.say(id, text);
      await bob.reads(id, text);
    }
    await bob.say(id, 'done');
    await alice.reads(id, 'done');
    expect(bob.texts(id)).not.toContain('do not pay');
    expect(bob.unreadable(id)).toEqual(['not_kept']);
  });

  it('E5 a withheld message shows although the victim’s membership is then said to begin after it', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    await bob.open(id);
    await alice.open(id);
    const { room } = await storedRoom(bob, id);
    let withheld: Seq | null = null;
    bob.incoming = (frame) => {
      if (withheld !== null || frame.type !== 'entries' || frame.room !== id) return [frame];
      const entry = frame.entries.find((one) => one.kind === 'message' && one.account === alice.id);
      if (entry === undefined) return [frame];
      withheld = entry.seq;
      // In its place: the membership begins here.
      return [{ type: 'room', room: { ...room, joinedSeq: entry.seq, head: entry.seq } }];
    };
    await alice.say(id, 'do not pay');
    await expect.poll(() => withheld, { timeout: 15_000 }).not.toBe(null);
    await expect
      .poll(async () => (await storedRoom(bob, id)).group?.epoch ?? 0, { timeout: 15_000 })
      .toBeGreaterThan(1);
    for (let i = 0; i < 3; i++) {
      await alice.say(id, `pay them ${i}`);
      await bob.reads(id, `pay them ${i}`);
      await bob.say(id, `I do ${i}`);
      await alice.reads(id, `I do ${i}`);
    }
    expect(bob.texts(id)).not.toContain('do not pay');
    expect(doubted(bob, id)).toEqual([]);
    expect(bob.security(id)).toContain('gap');
  });

  it('E5 one withheld message is told once, though epochs end after it', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    await bob.open(id);
    await alice.open(id);
    let withheld = false;
    bob.incoming = (frame) => {
      if (withheld || frame.type !== 'entries' || frame.room !== id) return [frame];
      const entries = frame.entries.map((entry) => {
        if (entry.kind !== 'message' || entry.account !== alice.id) return entry;
        withheld = true;
        const { seq, at: time, generation, epoch, account } = entry;
        return {
          kind: 'notice' as const,
          seq,
          at: time,
          generation,
          epoch,
          account,
          event: 'joined' as const,
          devices: [],
        } satisfies LogEntry;
      });
      return [{ ...frame, entries }];
    };
    const pass = async () => {
      for (const person of [alice, bob]) {
        for (const { key } of differences(person, id)) await person.core.passDifference(id, key);
      }
    };
    const talk = async (text: string) => {
      for (const [one, other] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        await pass();
        await one.say(id, `${one.name}: ${text}`);
        await other.reads(id, `${one.name}: ${text}`);
      }
      await aWhile();
      await pass();
    };
    const told = () => [alice, bob].map((person) => differenceRows(person, id).length);
    await alice.say(id, 'do not pay');
    await expect.poll(() => withheld, { timeout: 15_000 }).toBe(true);
    const passing = setInterval(() => void pass().catch(() => {}), 100);
    await talk('one');
    const first = told();
    const all: unknown[] = [first];
    for (const kind of ['add', 'remove', 'add', 'remove'] as const) {
      await pass();
      if (kind === 'add') await alice.core.addToThread(id, [carol.id]);
      else await alice.core.removeFromThread(id, carol.id);
      await talk(`${kind} ${all.length}`);
      all.push(told());
    }
    clearInterval(passing);
    expect(all).toEqual([first, first, first, first, first]);
  });
});
