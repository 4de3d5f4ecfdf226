import type { RoomId } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageRow, MessageTarget } from '../src/index.ts';
import { stock } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';

let at: Awaited<ReturnType<typeof world>>;
beforeEach(async () => {
  at = await world();
});
afterEach(() => at.close());

const stocked = (name: string) => stock(at.person(name));

/** Two people in the lobby or in a thread of their own. */
async function together(kind: 'lobby' | 'thread'): Promise<{ alice: Person; bob: Person; id: RoomId }> {
  const [alice, bob] = [await stocked('alice'), await stocked('bob')];
  const id = kind === 'lobby' ? (await alice.lobby()).id : await alice.core.startThread([bob.id]);
  await (kind === 'lobby' ? bob.lobby() : bob.thread());
  return { alice, bob, id };
}

const message = (person: Person, room: RoomId, text: string): MessageRow | undefined =>
  person.shown(room).find((row): row is MessageRow => row.kind === 'message' && row.text === text);

/** Wait until a message is there, in the log, and as `holds` wants it. */
const sees = (person: Person, room: RoomId, what: string, holds: (row: MessageRow) => boolean): Promise<MessageRow> =>
  person.until(what, () =>
    person.shown(room).find((row): row is MessageRow => row.kind === 'message' && row.seq !== null && holds(row)),
  );

const targetOf = ({ seq, device, id }: MessageRow): MessageTarget => {
  if (seq === null) throw new Error('not in the log');
  return { seq, device, id };
};

async function said(by: Person, to: Person, room: RoomId, text: string): Promise<MessageTarget> {
  await by.say(room, text);
  await to.reads(room, text);
  return targetOf(message(to, room, text) as MessageRow);
}

describe.each(['lobby', 'thread'] as const)('in the %s', (kind) => {
  it('C8 reactions are counted by account on both sides, at once on the own side, and can be taken back', async () => {
    const { alice, bob, id } = await together(kind);
    const target = await said(alice, bob, id, 'who likes this?');
    await bob.core.react(id, target, '👍', true);
    await alice.core.react(id, target, '👍', true);
    const both = (row: MessageRow) => row.reactions.length === 1 && row.reactions[0]?.accounts.length === 2;
    for (const person of [alice, bob]) await sees(person, id, 'two thumbs', both);
    await bob.core.react(id, target, '👍', false);
    const one = await sees(alice, id, 'one thumb', (row) => row.reactions[0]?.accounts.length === 1);
    expect(one.reactions).toEqual([{ emoji: '👍', accounts: [alice.id] }]);
    await bob.reload();
    expect((await bob.open(id)).find((row) => row.kind === 'message' && row.id === target.id)).toMatchObject({
      reactions: one.reactions,
    });
  });

  it('C6 a reply quotes what the reader has, and C7 follows its edits and its deletion', async () => {
    const { alice, bob, id } = await together(kind);
    const target = await said(alice, bob, id, 'the first');
    await bob.core.sendText(id, { id: newEntryId(), text: 'to that', reply: target });
    const reply = await sees(alice, id, 'the reply', (row) => row.text === 'to that');
    expect(reply.reply?.quoted).toMatchObject({ account: alice.id, text: 'the first', deleted: false });
    await alice.core.editText(id, target, 'the first, mended', []);
    const edited = await sees(bob, id, 'the edit', (row) => row.editedAt !== null);
    expect(edited).toMatchObject({ text: 'the first, mended', earlier: [{ text: 'the first' }] });
    await expect(bob.core.editText(id, target, 'not mine', [])).rejects.toMatchObject({ code: 'unknown_message' });
    const again = (await bob.open(id)).find((row) => row.kind === 'message' && row.text === 'to that') as MessageRow;
    expect(again.reply?.quoted?.text).toBe('the first, mended');
  });

  it('C7, L7 a deletion erases the message and its edits everywhere, on the server too', async () => {
    const { alice, bob, id } = await together(kind);
    const target = await said(alice, bob, id, 'better unsaid');
    await alice.core.editText(id, target, 'still better unsaid', []);
    await sees(bob, id, 'the edit', (row) => row.editedAt !== null);
    await bob.core.react(id, target, '👍', true);
    await expect(bob.core.deleteMessage(id, target, 'everyone')).rejects.toMatchObject({ code: 'erase_refused' });
    await alice.core.deleteMessage(id, target, 'everyone');
    for (const person of [alice, bob]) await sees(person, id, 'the tombstone', (row) => row.deleted);
    await alice.until('it to be in the log', () => message(alice, id, '')?.deleted);
    const bodies = await at.server.services.database.prisma.entry.findMany({
      where: { roomId: id, kind: 'message', deviceId: target.device },
      orderBy: { seq: 'asc' },
    });
    expect(bodies.map(({ body }) => body?.length === 0).filter(Boolean)).toHaveLength(2);
    for (const person of [alice, bob]) {
      await person.reload();
      const rows = await person.open(id);
      expect(JSON.stringify(rows)).not.toContain('unsaid');
      expect(rows.filter((row) => row.kind === 'message' && row.deleted)).toHaveLength(1);
      await expect(person.core.react(id, target, '👍', true)).rejects.toMatchObject({ code: 'unknown_message' });
    }
  });

  it('hides a message for one person only', async () => {
    const { alice, bob, id } = await together(kind);
    const target = await said(alice, bob, id, 'seen enough');
    await bob.core.deleteMessage(id, target, 'me');
    await bob.until('it to vanish', () => message(bob, id, 'seen enough') === undefined);
    await bob.reload();
    await bob.open(id);
    expect(message(bob, id, 'seen enough')).toBeUndefined();
    expect(message(alice, id, 'seen enough')).toBeDefined();
  });

  it('C6 mentions are counted apart, and forgotten when they are read or taken back', async () => {
    const { alice, bob, id } = await together(kind);
    await said(alice, bob, id, 'everyone');
    const sent = newEntryId();
    await alice.core.sendText(id, { id: sent, text: 'hello @bob', mentions: [bob.id] });
    const room = () => bob.findRoom((view) => view.id === id);
    await bob.until('a mention', () => room()?.unreadMentions === 1 && room()?.unread === 2);
    await alice.core.deleteMessage(id, targetOf(await sees(alice, id, 'it', (row) => row.id === sent)), 'everyone');
    await bob.until('no mention', () => room()?.unreadMentions === 0 && room()?.unread === 1);
  });

  it('C8 pins are everyone’s, and are told', async () => {
    const { alice, bob, id } = await together(kind);
    const target = await said(alice, bob, id, 'the rules');
    await bob.core.pin(id, target, true);
    const pins = (person: Person) => person.findRoom((room) => room.id === id)?.pins ?? [];
    await alice.until('the pin', () => pins(alice).length === 1);
    expect(pins(alice)[0]).toMatchObject({ target, by: bob.id });
    expect(alice.shown(id).some((row) => row.kind === 'notice' && row.event === 'pinned')).toBe(true);
    expect((await alice.core.messages(id, [target])).map(({ text }) => text)).toEqual(['the rules']);
    await alice.core.pin(id, target, false);
    await bob.until('no pin', () => pins(bob).length === 0);
  });

  it('S1 typing is seen by others and stored nowhere; S2 a repeated signal is dropped', async () => {
    const { alice, bob, id } = await together(kind);
    const { typed } = bob;
    let heard: Parameters<Person['receive']>[0] | undefined;
    bob.incoming = (frame) => {
      if (frame.type === 'signalled') heard = frame;
      return [frame];
    };
    const before = await at.server.services.database.prisma.entry.count({ where: { roomId: id } });
    await alice.core.typing(id);
    await bob.until('alice to type', () => typed.length === 1);
    if (heard === undefined) throw new Error('no signal');
    bob.receive(heard);
    await alice.core.typing(id);
    await said(alice, bob, id, 'done');
    expect(typed).toEqual([alice.id]);
    expect(
      await at.server.services.database.prisma.entry.count({ where: { roomId: id, kind: 'message' } }),
    ).toBeLessThanOrEqual(before + 3);
    await bob.core.setPreferences({ typing: false });
    await alice.core.typing(id);
    await said(alice, bob, id, 'more');
    expect(typed).toHaveLength(1);
  });
});

describe('in the lobby', () => {
  it('C5 a newcomer reads the same of what was done, whatever the order of reading', async () => {
    const { alice, bob, id } = await together('lobby');
    const first = await said(alice, bob, id, 'first');
    const second = await said(alice, bob, id, 'second');
    const third = await said(alice, bob, id, 'third');
    for (let i = 0; i < 210; i++) await alice.core.react(id, second, '🎲', i % 2 === 0);
    await bob.core.react(id, first, '🎉', true);
    await alice.core.editText(id, second, 'second, mended', []);
    await alice.core.deleteMessage(id, third, 'everyone');
    await alice.core.pin(id, first, true);
    await sees(bob, id, 'the tombstone', (row) => row.deleted);
    await bob.until('the pin', () => bob.findRoom((room) => room.id === id)?.pins.length === 1);
    const carol = await at.person('carol').signUp();
    await carol.lobby();
    await carol.open(id);
    const as = (person: Person) =>
      person
        .shown(id)
        .flatMap((row) => (row.kind === 'message' ? [[row.text, row.deleted, row.reactions, row.earlier]] : []));
    // Rows that waited and turn out to be none leave room for older ones, so it is asked again, as a timeline does.
    const opened = async () => {
      await carol.open(id);
      return as(carol);
    };
    await expect.poll(opened, { timeout: 15_000 }).toEqual(as(bob));
    expect(carol.findRoom((room) => room.id === id)?.pins).toHaveLength(1);
  });

  it('L4 the id of something that is no row cannot be used again', async () => {
    const { alice, bob, id } = await together('lobby');
    const target = await said(alice, bob, id, 'once');
    await alice.core.react(id, target, '👍', true);
    await sees(bob, id, 'the reaction', (row) => row.reactions.length === 1);
    await bob.reload();
    await bob.lobby();
    await bob.open(id);
    let replayed = false;
    bob.incoming = (frame) => {
      if (frame.type !== 'entries' || replayed) return [frame];
      const entry = frame.entries[0];
      if (entry?.kind !== 'message') return [frame];
      replayed = true;
      return [frame];
    };
    await said(alice, bob, id, 'twice');
    expect(bob.shown(id).filter((row) => row.kind === 'unreadable')).toEqual([]);
  });
});

describe('in a thread', () => {
  const receipt = (person: Person, room: RoomId, of: Person) =>
    person.findRoom((view) => view.id === room)?.receipts.find(({ account }) => account === of.id);

  it('C9 tells what was delivered and what was read, also to one who was away', async () => {
    const { alice, bob, id } = await together('thread');
    const target = await said(alice, bob, id, 'have you got it?');
    await alice.until('it to be delivered', () => (receipt(alice, id, bob)?.delivered ?? 0) >= target.seq);
    expect(receipt(alice, id, bob)?.read).toBeLessThan(target.seq);
    alice.setOnline(false);
    await bob.core.markRead(id, target.seq);
    await expect
      .poll(
        () =>
          at.server.services.database.prisma.entry.count({ where: { roomId: id, kind: 'message', accountId: bob.id } }),
        {
          timeout: 10_000,
        },
      )
      .toBe(2);
    alice.setOnline(true);
    await alice.until('it to be read', () => (receipt(alice, id, bob)?.read ?? 0) >= target.seq);
    expect(alice.shown(id).filter((row) => row.kind === 'unreadable')).toEqual([]);
  });

  it('C9 the setting turns read receipts off both ways', async () => {
    const { alice, bob, id } = await together('thread');
    await bob.core.setPreferences({ readReceipts: false });
    const target = await said(alice, bob, id, 'read quietly');
    await bob.core.markRead(id, target.seq);
    await alice.until('it to be delivered', () => (receipt(alice, id, bob)?.delivered ?? 0) >= target.seq);
    const answer = await said(bob, alice, id, 'an answer');
    await alice.core.markRead(id, answer.seq);
    await bob.until('the answer to be delivered', () => (receipt(bob, id, alice)?.delivered ?? 0) >= answer.seq);
    await expect
      .poll(
        () =>
          at.server.services.database.prisma.entry.count({
            where: { roomId: id, kind: 'message', accountId: alice.id },
          }),
        {
          timeout: 10_000,
        },
      )
      .toBeGreaterThanOrEqual(2);
    expect(receipt(alice, id, bob)?.read).toBe(0);
    expect(receipt(bob, id, alice)?.read).toBe(0);
    await bob.core.setPreferences({ readReceipts: true });
    await alice.until('it to be read after all', () => (receipt(alice, id, bob)?.read ?? 0) >= target.seq);
  });

  it('C9 receipts answer what was said, never each other', async () => {
    const { alice, bob, id } = await together('thread');
    const target = await said(alice, bob, id, 'one');
    await bob.core.markRead(id, target.seq);
    await alice.until('it to be read', () => (receipt(alice, id, bob)?.read ?? 0) >= target.seq);
    const count = () => at.server.services.database.prisma.entry.count({ where: { roomId: id, kind: 'message' } });
    const settled = await count();
    await said(alice, bob, id, 'two');
    await expect.poll(count, { timeout: 10_000 }).toBe(settled + 2);
    expect(settled).toBeLessThanOrEqual(3);
  });
});
