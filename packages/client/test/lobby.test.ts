import { limits, type ServerFrame } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newEntryId } from '../src/room/enter-group.ts';
import { world } from './people.ts';

describe('the lobby', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  it('R1 the first to come founds the group, the second enters by itself, and they read each other', async () => {
    const alice = await at.person('alice').signUp();
    const lobby = await alice.lobby();
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await alice.say(lobby.id, 'hello bob');
    await bob.reads(lobby.id, 'hello bob');
    await bob.say(lobby.id, 'hello alice');
    await alice.reads(lobby.id, 'hello alice');
    expect(alice.texts(lobby.id)).toEqual(['hello bob', 'hello alice']);
    expect(bob.texts(lobby.id)).toEqual(['hello bob', 'hello alice']);
  });

  it('H6 a newcomer reads what was said before, because a member that is online links it', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'before anybody came');
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    await bob.open(id);
    await bob.reads(id, 'before anybody came');
  });

  it('H6 without a member online it says that it waits, and reads as soon as one has been there', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    await alice.say(id, 'while alone');
    alice.setOnline(false);
    const bob = await at.person('bob').signUp();
    await bob.lobby();
    const rows = await bob.open(id);
    expect(rows.filter((row) => row.kind === 'unreadable').map((row) => row.reason)).toEqual(['waiting_for_history']);
    const carol = await at.person('carol').signUp();
    await carol.lobby();
    await carol.open(id);
    alice.setOnline(true);
    await bob.reads(id, 'while alone');
    await carol.reads(id, 'while alone');
  });

  it('H6 keys that came with an older page open the newer rows, too', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    for (let i = 1; i < limits.pageMaxEntries + 10; i++)
      await alice.core.sendText(id, { id: newEntryId(), text: `old ${i}` });
    await alice.say(id, 'the newest');
    alice.setOnline(false);
    const bob = await at.person('bob').signUp();
    let walks = 0;
    bob.outgoing = (frame) => {
      if (frame.type === 'links') walks += 1;
      return frame;
    };
    await bob.lobby();
    const { rows } = await bob.core.openTimeline(id, 20);
    // Once for the page, once more for what waits.
    await expect.poll(() => walks, { timeout: 15_000 }).toBe(2);
    // Until what was walked for has been tried, in vain; nothing tells of that.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(rows.at(-2)).toMatchObject({ kind: 'unreadable', reason: 'waiting_for_history' });

    // The link is in the log; its push is late, and by then what it says is known.
    const late: ServerFrame[] = [];
    const linked = new Promise<void>((resolve) => {
      bob.incoming = (frame) => {
        if (frame.type !== 'entries' || !frame.entries.some(({ kind }) => kind === 'link')) return [frame];
        late.push(frame);
        resolve();
        return [];
      };
    });
    alice.setOnline(true);
    await linked;
    await bob.core.olderRows(id, rows[0]?.order ?? 0, limits.pageMaxEntries);
    expect(walks).toBe(3);
    bob.incoming = (frame) => [frame];
    for (const frame of late) bob.receive(frame);
    await bob.reads(id, 'the newest');
  });

  it('R2 many come at once and all end in one group', async () => {
    const names = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'];
    const people = await Promise.all(names.map((name) => at.person(name).signUp()));
    const rooms = await Promise.all(people.map((person) => person.lobby()));
    const id = rooms[0]?.id;
    if (id === undefined) throw new Error('no lobby');
    await Promise.all(people.map((person) => person.say(id, `I am ${person.name}`)));
    for (const person of people) {
      for (const name of names) await person.reads(id, `I am ${name}`);
      expect(new Set(person.texts(id)).size).toBe(names.length);
    }
    const orders = people.map((person) => person.texts(id).join());
    expect(new Set(orders).size).toBe(1);
  });

  it('R6 who has left cannot read on; the others go on without it', async () => {
    const alice = await at.person('alice').signUp();
    const bob = await at.person('bob').signUp();
    const { id } = await alice.lobby();
    await bob.lobby();
    await bob.core.leaveRoom(id);
    expect(bob.findRoom((room) => room.id === id)).toBeUndefined();
    await alice.say(id, 'after bob');
    await alice.until(
      'bob to be gone from the members',
      () => alice.findRoom((r) => r.id === id)?.members.length === 1,
    );
    await bob.core.joinRoom(id);
    await bob.lobby();
    await bob.open(id);
    await bob.reads(id, 'after bob');
  });

  it('keeps unread counts by what can be read, and forgets them when read', async () => {
    const alice = await at.person('alice').signUp();
    const bob = await at.person('bob').signUp();
    const { id } = await alice.lobby();
    await bob.lobby();
    await alice.say(id, 'one');
    await alice.say(id, 'two');
    const unread = await bob.until('two unread', () => bob.findRoom((room) => room.id === id && room.unread === 2));
    expect(unread.lastMessage?.text).toBe('two');
    await bob.reads(id, 'two');
    const last = bob.shown(id).at(-1)?.seq;
    if (last == null) throw new Error('no last row');
    await bob.core.markRead(id, last);
    await bob.until('none unread', () => bob.findRoom((room) => room.id === id)?.unread === 0);
    expect(alice.findRoom((room) => room.id === id)?.unread).toBe(0);
  });
});
