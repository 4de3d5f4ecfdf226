import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accept, doubted, newThread, stock } from './meeting.ts';
import { newEntryId, world } from './people.ts';

describe('a private thread', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it('R5 appears on the other side at once, and both read each other', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await newThread(alice, bob);
    await alice.say(id, 'only you');
    await bob.reads(id, 'only you');
    await bob.say(id, 'and you');
    await alice.reads(id, 'and you');
    expect(await alice.core.startThread([bob.id])).toBe(id);
  });

  it('R5 waits for one who is away', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    bob.setOnline(false);
    const id = await alice.core.startThread([bob.id]);
    await alice.thread();
    await alice.say(id, 'when you are back');
    bob.setOnline(true);
    await bob.thread();
    await bob.reads(id, 'when you are back');
  });

  it('L6 a newcomer sees nothing from before, and everything after', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await newThread(alice, bob);
    await alice.say(id, 'without carol');
    await alice.core.addToThread(id, [carol.id]);
    await carol.thread();
    await bob.until('carol to be in', () => bob.findRoom((room) => room.id === id)?.members.length === 3);
    await alice.say(id, 'with carol');
    await carol.reads(id, 'with carol');
    await bob.reads(id, 'with carol');
    const rows = await carol.open(id);
    expect(rows.flatMap((row) => (row.kind === 'message' ? [row.text] : []))).toEqual(['with carol']);
  });

  it('R6 who leaves is removed before anything more is said', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await newThread(alice, bob, carol);
    await carol.core.leaveRoom(id);
    await alice.say(id, 'carol is gone');
    await bob.reads(id, 'carol is gone');
    await bob.until('two members', () => bob.findRoom((room) => room.id === id)?.members.length === 2);
    expect(carol.wire.length).toBeGreaterThan(0);
    expect(carol.findRoom((room) => room.id === id)).toBeUndefined();
  });

  it('R9 what was said offline or cut off by a reload is sent once, in order', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await newThread(alice, bob);
    alice.setOnline(false);
    for (const text of ['1', '2', '3']) await alice.core.sendText(id, { id: newEntryId(), text });
    await alice.reload();
    await alice.until('to be there offline', () => alice.snapshot?.session.phase === 'ready');
    expect((await alice.open(id)).flatMap((row) => (row.kind === 'message' ? [row.delivery] : []))).toEqual([
      'sending',
      'sending',
      'sending',
    ]);
    alice.setOnline(true);
    await bob.reads(id, '3');
    expect(bob.texts(id)).toEqual(['1', '2', '3']);
    await alice.until('all sent', () =>
      alice.shown(id).every((row) => row.kind !== 'message' || row.delivery === 'sent'),
    );
    expect(alice.texts(id)).toEqual(['1', '2', '3']);
  });

  it('I5 a contact who starts anew is shown as changed, and nothing is sent until one has looked', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await newThread(alice, bob);
    await alice.say(id, 'to the old bob');
    await bob.reads(id, 'to the old bob');
    await bob.core.signOut(false);

    const again = await at.person('bob').signIn();
    expect(again.snapshot?.session.phase).toBe('no_keys');
    await again.core.startAnew();
    const there = await again.thread();
    expect(there.id).toBe(id);
    await alice.until('bob to be changed', () =>
      doubted(alice, id).includes(again.id),
    );
    const said = await alice.core.sendText(id, { id: newEntryId(), text: 'to the new bob' });
    const first = await alice.core.identity(again.id);
    expect(first.trust).toBe('changed');
    expect(alice.shown(id).some((row) => row.kind === 'message' && row.id === said && row.delivery === 'sent')).toBe(
      false,
    );
    await accept(alice, id, again.id);
    await again.reads(id, 'to the new bob');
    const rows = await again.open(id);
    expect(JSON.stringify(rows)).not.toContain('to the old bob');
    expect((await again.core.identity(alice.id)).safetyNumber).toBe(first.safetyNumber);
  });

  it('R11 a server that says one is no longer in a thread takes nothing away; a new hello brings it back', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await newThread(alice, bob);
    await alice.say(id, 'worth keeping');
    await bob.reads(id, 'worth keeping');
    bob.receive({ type: 'room_gone', room: id });
    await bob.until('the thread to be gone', () => bob.findRoom((room) => room.id === id)?.state === 'gone');
    await expect(bob.core.sendText(id, { id: newEntryId(), text: 'nobody hears' })).rejects.toMatchObject({
      code: 'not_member',
    });
    expect((await bob.open(id)).some((row) => row.kind === 'message' && row.text === 'worth keeping')).toBe(true);
    await bob.reload();
    await bob.thread();
    await bob.say(id, 'still here');
    await alice.reads(id, 'still here');
  });
});
