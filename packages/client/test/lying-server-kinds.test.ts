import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stock, threadOf } from './meeting.ts';
import { world } from './people.ts';
import { aWhile } from './shadow-group.ts';
import { recordOf } from './stolen.ts';
import { tellRoom } from './told-rooms.ts';

describe('a lying server and kinds of rooms', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it.each([
    ['a thread whose history is shared', { kind: 'thread', policy: 'shared' }],
    ['a public room whose history is sealed', { kind: 'public', policy: 'sealed' }],
  ] as const)('R1 %s is not opened, and no history link leaves', async (_what, lie) => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    tellRoom(alice, (room) => (room.slug === 'lobby' ? room : { ...room, ...lie }));
    const sent: string[] = [];
    const id = await bob.core.startThread([alice.id]);
    alice.outgoing = (frame) => {
      if ('room' in frame && frame.room === id) sent.push(frame.type);
      return frame;
    };
    await bob.say(id, 'hello');
    // The next frame is read after that of the thread.
    const { id: lobby } = await alice.lobby();
    await bob.say(lobby, 'done');
    await alice.reads(lobby, 'done');
    await aWhile();
    expect(alice.findRoom((room) => room.id === id)).toBeUndefined();
    expect(sent).toEqual([]);
    const vault = await alice.vaults.open(alice.id);
    expect(await vault.get('rooms', id)).toBeUndefined();
    // Told rightly, it is opened.
    alice.incoming = (frame) => [frame];
    await alice.reload();
    await alice.ready((room) => room.id === id);
  });

  it('R1 a thread that is told as a shared or public room later stays what it is', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    const links: string[] = [];
    alice.outgoing = (frame) => {
      if (frame.type === 'send' && frame.kind === 'link' && frame.room === id) links.push(frame.id);
      return frame;
    };
    const lies = [
      { kind: 'thread', policy: 'shared' },
      { kind: 'public', policy: 'shared' },
    ] as const;
    for (const lie of lies) {
      tellRoom(alice, (room) => (room.id === id ? { ...room, ...lie } : room));
      const { room } = await recordOf(alice, id);
      alice.receive({ type: 'room', room: { ...room, ...lie } });
      await alice.reload();
      await alice.ready((one) => one.id === id);
      expect(alice.findRoom((one) => one.id === id)).toMatchObject({ kind: 'thread', policy: 'sealed' });
      expect((await recordOf(alice, id)).room).toMatchObject({ kind: 'thread', policy: 'sealed' });
    }
    tellRoom(alice, (room) => room);
    const carol = await stocked('carol');
    await bob.core.addToThread(id, [carol.id]);
    await carol.thread();
    await bob.say(id, 'for three');
    await alice.reload();
    await alice.open(id);
    await alice.reads(id, 'for three');
    expect(links).toEqual([]);
  });
});
