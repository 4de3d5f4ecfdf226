import { limits, type RoomId } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { changeEntries } from './changed-entries.ts';
import { receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { recordOf, stolen } from './stolen.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('keys of a thread', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await at.close();
  });

  const stocked = (name: string) => stock(at.person(name));

  /** The clock goes on from another time, while timers take as long as ever. */
  const clockAt = (now: number) => vi.useFakeTimers({ toFake: ['Date'], now, shouldAdvanceTime: true });

  /** Who sent how many commits in the room. */
  function commitsIn(room: RoomId, ...people: Person[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const person of people) {
      person.outgoing = (frame) => {
        if (frame.type === 'commit' && frame.room === room) counts.set(person.name, (counts.get(person.name) ?? 0) + 1);
        return frame;
      };
    }
    return counts;
  }

  const chatter = async (speaker: Person, room: RoomId, count: number) => {
    for (let i = 0; i < count; i++) await speaker.core.sendText(room, { id: newEntryId(), text: `chatter ${i}` });
    await speaker.until('all to be sent', () =>
      speaker.shown(room).every((row) => row.kind !== 'message' || row.delivery === 'sent'),
    );
  };

  const epochOf = async (person: Person, room: RoomId) => (await recordOf(person, room)).group?.epoch ?? 0;

  it('R16 are renewed by everyone after so many entries, once each, and a thief of the former ones reads nothing more', async () => {
    const people = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const [alice, bob, carol] = people as [Person, Person, Person];
    const id = await threadOf(alice, bob, carol);
    // Who came by Welcome is new already; so is who committed.
    const thief = await stolen(bob, id);
    const bodies: Uint8Array[] = [];
    changeEntries(alice, (entry) => {
      if (entry.kind === 'message') bodies.push(entry.body);
      return [entry];
    });
    const counts = commitsIn(id, ...people);
    await chatter(carol, id, limits.renewAfterEntries + 5);
    await carol.core.sendText(id, { id: newEntryId(), text: 'during renewals' });
    for (const person of people) {
      await expect
        .poll(async () => (await recordOf(person, id)).renewed?.seq, { timeout: 20_000 })
        .toBeGreaterThan(limits.renewAfterEntries);
    }
    for (const person of people) await person.reads(id, 'during renewals');
    await bob.say(id, 'the thief is out');
    await alice.reads(id, 'the thief is out');
    const last = bodies.at(-1);
    if (last === undefined) throw new Error('nothing was captured');
    await expect(thief.engine.decrypt(thief.state, last)).rejects.toMatchObject({ code: 'wrong_epoch' });
    await receiptsCame(id, ...people);
    // Lost races aside, one each: nobody calls forth another round.
    expect(await epochOf(alice, id)).toBe(1 + people.length);
    expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(2 * people.length);
    for (const person of people) {
      expect([person.name, person.security(id), person.unreadable(id)]).toEqual([person.name, [], []]);
      expect(person.shown(id).filter(({ kind }) => kind !== 'message')).toEqual([]);
      expect(person.texts(id)).toHaveLength(limits.renewAfterEntries + 8);
    }
  }, 90_000);

  it('R16 are renewed a day after, where something was said, and by a device that comes back; then it is quiet', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const thief = await stolen(alice, id);
    bob.setOnline(false);
    await alice.say(id, 'see you tomorrow');
    const counts = commitsIn(id, alice, bob);
    const tomorrow = Date.now() + dayMs + 60_000;
    clockAt(tomorrow);
    await alice.say(id, 'good morning');
    await expect.poll(() => counts.get('alice'), { timeout: 15_000 }).toBe(1);
    expect(counts.get('bob')).toBeUndefined();
    bob.setOnline(true);
    await bob.reads(id, 'good morning');
    await expect
      .poll(async () => (await recordOf(bob, id)).renewed?.at, { timeout: 15_000 })
      .toBeGreaterThan(tomorrow - 1);
    await receiptsCame(id, alice, bob);
    await expect.poll(() => epochOf(alice, id)).toBe(3);
    const bodies: Uint8Array[] = [];
    changeEntries(alice, (entry) => {
      if (entry.kind === 'message') bodies.push(entry.body);
      return [entry];
    });
    await bob.say(id, 'all new');
    await alice.reads(id, 'all new');
    await expect(thief.engine.decrypt(thief.state, unshared(bodies[0] as Uint8Array))).rejects.toMatchObject({
      code: 'wrong_epoch',
    });
    await receiptsCame(id, alice, bob);
    // Days on which nothing is said.
    for (let day = 2; day < 6; day++) {
      vi.useRealTimers();
      clockAt(tomorrow + day * dayMs);
      for (const person of [alice, bob]) {
        await person.reload();
        await person.thread();
      }
      if (day > 2) continue;
      // 'all new' came after they renewed: once more each.
      await expect.poll(() => epochOf(alice, id), { timeout: 15_000 }).toBe(5);
      await expect.poll(() => epochOf(bob, id)).toBe(5);
    }
    await bob.say(id, 'what a week');
    await alice.reads(id, 'what a week');
    expect(await epochOf(alice, id)).toBe(5);
  }, 90_000);

  it('R16 are renewed when the day is over, though nothing happens then', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const counts = commitsIn(id, alice, bob);
    const { renewed } = await recordOf(alice, id);
    bob.setOnline(false);
    clockAt((renewed?.at ?? 0) + dayMs - 5_000);
    // Looks at the clock when the connection is back, some seconds too early.
    alice.setOnline(false);
    alice.setOnline(true);
    await alice.until('to be online', () => alice.snapshot?.connection.state === 'online');
    expect(counts.get('alice')).toBeUndefined();
    await expect.poll(() => counts.get('alice'), { timeout: 20_000 }).toBe(1);
    expect(Date.now() - (renewed?.at ?? 0)).toBeGreaterThanOrEqual(dayMs);
  }, 60_000);

  it('R16 are those of threads: a shared room keeps its epoch', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id } = await alice.lobby();
    await bob.lobby();
    const before = await epochOf(alice, id);
    const thread = await threadOf(alice, bob);
    await chatter(alice, id, limits.renewAfterEntries + 5);
    clockAt(Date.now() + 2 * dayMs);
    for (const person of [alice, bob]) await person.say(id, `${person.name} is here`);
    // The thread shows that it would have happened by now.
    await alice.say(thread, 'and here');
    await expect.poll(() => epochOf(alice, thread), { timeout: 15_000 }).toBeGreaterThan(1);
    expect(await epochOf(alice, id)).toBe(before);
  }, 60_000);
});
