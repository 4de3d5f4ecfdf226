import { signFounding } from '@undertone/identity';
import { epochAuthenticator } from '@undertone/mls/profile';
import type { EntryId, Generation, RoomId } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import { sha256Of } from '../src/room/log-hash.ts';
import { readDevice } from '../src/session/device.ts';
import { accept, doubted, newThread, stock } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { stolen } from './stolen.ts';

const minute = 60_000;

describe('a malicious member who breaks the group', { timeout: 120_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  let now: number;
  beforeEach(async () => {
    at = await world();
    now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await at.close();
  });

  const stocked = (name: string) => stock(at.person(name));
  /** The clocks of the server and of all browsers go on; what browsers wait for is not cut short. */
  const pass = (ms: number) => {
    now += ms;
    vi.setSystemTime(now);
  };

  /** The next commit that leaves the person has a body that nobody can follow, with group info in good order. */
  const breakNext = (person: Person, room: RoomId) => {
    const { outgoing } = person;
    person.outgoing = (frame) => {
      if (frame.type !== 'commit' || frame.room !== room) return outgoing(frame);
      person.outgoing = outgoing;
      return { ...frame, commit: frame.commit.map(() => 7) };
    };
  };

  it('R4 R7 a commit that nobody can follow: the others come in after it, and who made it can be removed', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const [mallory, dave] = [await stocked('mallory'), await stocked('dave')];
    const id = await newThread(mallory, alice, bob);
    breakNext(mallory, id);
    void mallory.core.addToThread(id, [dave.id]).catch(() => {});
    for (const person of [alice, bob]) {
      await person.until('the refusal', () => person.security(id).includes('keys_refused'));
      await person.until('to be back', () => person.security(id).includes('rejoined'));
    }
    mallory.close();
    await alice.ready((room) => room.id === id);
    await alice.core.removeFromThread(id, mallory.id);
    for (const person of [alice, bob]) {
      await person.until(
        'mallory to be gone',
        () => !person.findRoom((room) => room.id === id)?.members.includes(mallory.id),
      );
    }
    // Nobody saw dave being added.
    await alice.until('dave to be in doubt', () => {
      const doubts = alice.findRoom((room) => room.id === id)?.doubts ?? [];
      return doubts.map(({ account }) => account).join() === dave.id;
    });
    await alice.core.removeFromThread(id, dave.id);
    await alice.say(id, 'the two of us');
    await bob.reads(id, 'the two of us');
  });

  it('R14 a device that keeps breaking the group is barred, and the others are not', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const mallory = await stocked('mallory');
    const id = await newThread(mallory, alice, bob);
    const dave = await stocked('dave');
    breakNext(mallory, id);
    void mallory.core.addToThread(id, [dave.id]).catch(() => {});
    for (const person of [alice, bob]) {
      await person.until('to be back', () => person.security(id).includes('rejoined'));
    }
    const { prisma } = at.server.services.database;
    await expect.poll(() => prisma.barredDevice.count(), { timeout: 15_000 }).toBe(1);
    // Her own client cannot follow either, and may not come back by a commit as long as she is barred: it waits, longer and longer.
    const refusals: string[] = [];
    mallory.incoming = (frame) => {
      if (frame.type === 'error') refusals.push(frame.code);
      return [frame];
    };
    await expect.poll(() => refusals.length, { timeout: 30_000 }).toBeGreaterThan(1);
    const asked = refusals.length;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(refusals.length - asked).toBeLessThan(5);
    expect(new Set(refusals)).toEqual(new Set(['commits_barred']));
    // The others go on meanwhile.
    await alice.core.removeFromThread(id, dave.id);
    await alice.say(id, 'still here');
    await bob.reads(id, 'still here');
    // When the bar ends, she is back.
    pass(11 * minute);
    await mallory.until('to be back', () => mallory.findRoom((room) => room.id === id)?.state === 'ready');
    // The others renewed their leaves meanwhile, which she could not follow.
    for (const account of doubted(mallory, id)) await accept(mallory, id, account);
    await mallory.say(id, 'sorry');
    await bob.reads(id, 'sorry');
  });

  /** The person sends a founding that passes the server's checks, and that nobody can enter. */
  const foundBroken = async (person: Person, room: RoomId, generation: number): Promise<void> => {
    const { engine, state: present } = await stolen(person, room);
    const device = await readDevice(await person.vaults.open(person.id));
    if (device === undefined) throw new Error('no device');
    const state = await engine.createGroup(
      groupIdOf({ id: room, kind: 'thread', policy: 'sealed' }, generation as Generation),
    );
    const broken = { ...state, context: { ...state.context, treeHash: new Uint8Array(32).fill(7) } };
    const groupInfo = unshared(await engine.groupInfo(broken));
    const authenticator = unshared(epochAuthenticator(present));
    const groupInfoHash = sha256Of(groupInfo);
    const founding = { room, generation: generation as Generation, last: null, groupInfoHash, authenticator };
    const signature = await signFounding(device.key.privateKey, founding);
    const id = crypto.randomUUID() as EntryId;
    const { outgoing } = person;
    person.outgoing = (frame) => {
      if (frame.type !== 'send' || frame.room !== room) return outgoing(frame);
      person.outgoing = outgoing;
      const { generation: g, last } = founding;
      return { type: 'found', ref: frame.ref, room, generation: g, id, groupInfo, authenticator, last, signature };
    };
    await person.core.sendText(room, { id: newEntryId(), text: 'not this' });
  };

  it('R8 a founding that nobody can enter: the others meet in the next generation, and the room goes on without its founder', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const mallory = await stocked('mallory');
    const id = await newThread(mallory, alice, bob);
    await alice.say(id, 'before');
    await mallory.reads(id, 'before');
    pass(2 * minute);
    await foundBroken(mallory, id, 2);
    await alice.until('the founding', () => alice.security(id).includes('repaired'));
    mallory.close();
    const founded: string[] = [];
    for (const person of [alice, bob]) {
      person.outgoing = (frame) => {
        if (frame.type === 'found') founded.push(person.name);
        return frame;
      };
    }
    // As long as the server refuses another founding, they wait: nobody hammers on it.
    const errors: string[] = [];
    alice.incoming = (frame) => {
      if (frame.type === 'error') errors.push(frame.code);
      return [frame];
    };
    await expect
      .poll(() => errors.includes('generation_too_soon') || founded.length > 0, { timeout: 30_000 })
      .toBe(true);
    pass(2 * minute);
    for (const person of [alice, bob]) {
      await person.until('to be back', () => person.findRoom((room) => room.id === id)?.state === 'ready');
    }
    expect(errors.filter((code) => code === 'generation_too_soon').length).toBeLessThan(6);
    await alice.until('both', () => alice.findRoom((room) => room.id === id)?.members.includes(bob.id));
    await alice.core.removeFromThread(id, mallory.id).catch(() => {});
    // Whoever came in second could not see who had been removed before.
    for (const person of [alice, bob]) for (const account of doubted(person, id)) await accept(person, id, account);
    await alice.say(id, 'together again');
    await bob.reads(id, 'together again');
  });
});
