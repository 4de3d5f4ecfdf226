import type { RoomId, Seq, ServerFrame } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stock } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';

const retentionDays = 30;

describe('a server that keeps messages for 30 days', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world({ settings: { retentionDays } });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await at.close();
  });

  /** All that was said so far is older than what is kept, and the server looks what it need not keep. */
  async function aMonthLater(): Promise<void> {
    const { retention } = at.server.services;
    // The clock goes on from there, while timers take as long as ever: when a message came stands in the log's hash.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (retentionDays + 1) * 86_400_000, shouldAdvanceTime: true });
    expect(await retention.run()).toBe(true);
  }

  /** What the server told last of how far a room is emptied. */
  const emptiedSeq = async (room: RoomId): Promise<number> => {
    const row = await at.server.services.database.prisma.room.findUniqueOrThrow({
      where: { id: room },
      select: { emptiedSeq: true },
    });
    return Number(row.emptiedSeq);
  };

  const kinds = (person: Person, room: RoomId): string[] => person.shown(room).map(({ kind }) => kind);

  const tellsOfEmptied = (person: Person, room: RoomId) =>
    person.until('to be told that earlier messages are not kept', () =>
      person.findRoom(({ id, emptied }) => id === room && emptied),
    );

  it('L9 a newcomer reads what is kept, without a row for what is not; who has read it keeps it', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'long ago');
    await alice.say(id, 'long ago, too');
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await bob.open(id);
    await bob.reads(id, 'long ago');
    await aMonthLater();
    await alice.say(id, 'lately');
    await bob.reads(id, 'lately');

    const carol = await at.person('carol').signUp();
    const room = await carol.lobby();
    await carol.open(id);
    await carol.reads(id, 'lately');
    expect(carol.texts(id)).toEqual(['lately']);
    expect(kinds(carol, id)).not.toContain('unreadable');
    expect(room.unread).toBe(0);
    await tellsOfEmptied(carol, id);
    const found = await carol.core.search({ text: 'long', limit: 10 });
    expect(found).toMatchObject({ total: 0, coverage: { complete: true } });

    for (const person of [alice, bob]) {
      expect(person.texts(id)).toEqual(['long ago', 'long ago, too', 'lately']);
      await person.reload();
      await person.lobby();
      await person.open(id);
      expect(person.texts(id)).toEqual(['long ago', 'long ago, too', 'lately']);
      expect(kinds(person, id)).not.toContain('unreadable');
      expect((await person.core.search({ text: 'long', limit: 10 })).total).toBe(2);
    }
    // All of them go on with the same group.
    await carol.say(id, 'hello from carol');
    await alice.reads(id, 'hello from carol');
    await alice.say(id, 'hello carol');
    await carol.reads(id, 'hello carol');
  });

  it('L9 who was away longer than messages are kept is told so in the gap, and goes on after it with nothing unread in it', async () => {
    const [alice, bob] = [await stock(at.person('alice')), await stock(at.person('bob'))];
    await alice.core.startThread([bob.id]);
    const { id } = await alice.thread();
    await bob.thread();
    await bob.open(id);
    await alice.say(id, 'before');
    await bob.reads(id, 'before');
    await bob.core.markRead(id, (bob.shown(id).at(-1)?.seq ?? 0) as Seq);
    bob.setOnline(false);
    await alice.say(id, 'while bob was away');
    await alice.say(id, 'and once more');
    await aMonthLater();
    await alice.say(id, 'kept');
    bob.setOnline(true);
    await bob.reads(id, 'kept');
    expect(bob.texts(id)).toEqual(['before', 'kept']);
    expect(new Set(bob.unreadable(id))).toEqual(new Set(['not_kept']));
    await bob.until('one to be unread', () => bob.findRoom((room) => room.id === id && room.unread === 1));
    await bob.say(id, 'back again');
    await alice.reads(id, 'back again');
  });

  it('L9 history that is not kept is not asked for, however long it is', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => alice.core.sendText(id, { id: newEntryId(), text: `old ${i}` })),
    );
    await alice.say(id, 'the last old one');
    await aMonthLater();
    const bob = await at.person('bob').signUp();
    const pulls: Seq[] = [];
    bob.outgoing = (frame) => {
      if (frame.type === 'pull' && frame.before !== undefined) pulls.push(frame.before);
      return frame;
    };
    await bob.lobby();
    await bob.open(id);
    expect(bob.texts(id)).toEqual([]);
    expect(pulls.length).toBeLessThanOrEqual(1);
    await tellsOfEmptied(bob, id);
  });

  it('L9 an older page tells what was emptied since the room was told of', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'emptied while bob is here');
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await aMonthLater();
    await alice.say(id, 'young');
    await bob.reads(id, 'young');
    await bob.open(id);
    expect(bob.texts(id)).toEqual(['young']);
    expect(kinds(bob, id)).not.toContain('unreadable');
  });

  it('L9 C4 an empty body above what the server says is still shown as erased', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'old');
    await aMonthLater();
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await bob.open(id);
    bob.incoming = (frame: ServerFrame) =>
      frame.type === 'entries'
        ? [
            {
              ...frame,
              entries: frame.entries.map((e) => (e.kind === 'message' ? { ...e, body: new Uint8Array() } : e)),
            },
          ]
        : [frame];
    await alice.say(id, 'young');
    const row = await bob.until('the erased row', () => bob.shown(id).find(({ kind }) => kind === 'unreadable'));
    expect(row).toMatchObject({ reason: 'erased' });
  });

  it('L9 a server that lies about how far it emptied takes nothing away that is held, and can take it back', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'held');
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await bob.open(id);
    await bob.reads(id, 'held');
    const lie = (frame: ServerFrame): ServerFrame => {
      if (frame.type === 'hello_ok') {
        return { ...frame, rooms: frame.rooms.map((room) => ({ ...room, emptiedSeq: 1_000_000 as Seq })) };
      }
      return frame;
    };
    bob.incoming = (frame) => [lie(frame)];
    await bob.reload();
    await bob.lobby();
    await bob.open(id);
    expect(bob.texts(id)).toEqual(['held']);
    // What comes with a body is read, whatever the server says of it.
    await alice.say(id, 'said under the lie');
    await bob.reads(id, 'said under the lie');
    bob.incoming = (frame) => [frame];
    await bob.reload();
    await bob.lobby();
    await bob.open(id);
    expect(bob.texts(id)).toEqual(['held', 'said under the lie']);
    expect(await emptiedSeq(id)).toBe(0);
    expect(kinds(bob, id)).not.toContain('unreadable');
  });
});
