import type {
  EntryId,
  Epoch,
  Generation,
  LogEntry,
  MessageEntry,
  RoomState,
  Seq,
  ServerFrame,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { newThread, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { deviceIn, groupOf, later, leafOf } from './shadow-group.ts';
import { commitTold, ShadowLog } from './shadow-log.ts';
import { recordOf, stolen } from './stolen.ts';
import { tellRoom } from './told-rooms.ts';

describe('a lying server and epochs', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** Alice has read a message of an epoch of the lobby that is over since. */
  const oldMessage = async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id } = await alice.lobby();
    await bob.lobby();
    await alice.until('bob', () => alice.findRoom((room) => room.id === id)?.members.includes(bob.id));
    let said: MessageEntry | undefined;
    alice.incoming = (frame) => {
      if (frame.type === 'entries') {
        for (const entry of frame.entries) if (entry.kind === 'message' && entry.account === bob.id) said = entry;
      }
      return [frame];
    };
    await bob.say(id, 'I agree');
    await alice.reads(id, 'I agree');
    alice.incoming = (frame) => [frame];
    const carol = await stocked('carol');
    await carol.lobby();
    await carol.say(id, 'shall we cancel?');
    await alice.reads(id, 'shall we cancel?');
    if (said === undefined) throw new Error('not captured');
    const old = { generation: said.generation, epoch: said.epoch };
    // Nothing more comes by itself: the epochs that ended are linked.
    await expect.poll(async () => (await recordOf(alice, id)).unlinked, { timeout: 10_000 }).toEqual([]);
    const { group } = await recordOf(alice, id);
    expect(group?.epoch).toBeGreaterThan(old.epoch);
    return { alice, id, said, old, group };
  };

  const replayed = async (alice: Person, id: RoomState['id'], said: MessageEntry, seq: Seq, how: 'push' | 'page') => {
    const entry: LogEntry = { ...said, seq };
    if (how === 'push') alice.receive({ type: 'entries', room: id, entries: [entry] });
    else {
      const { incoming } = alice;
      alice.incoming = (frame) =>
        frame.type === 'page' && frame.room === id && frame.entries.length === 0
          ? [{ ...frame, entries: [entry] }]
          : incoming(frame);
      alice.receive({ type: 'head', room: id, seq });
    }
    await alice.until('the row', () => alice.shown(id).some((row) => row.seq === seq));
    expect(alice.shown(id).find((row) => row.seq === seq)).toMatchObject({ kind: 'unreadable', reason: 'forged' });
    expect(alice.texts(id).filter((text) => text === 'I agree').length).toBeLessThan(2);
  };

  const next = async (person: Person, id: RoomState['id']) => ((await recordOf(person, id)).cursor ?? 0) + 1;

  it.each(['push', 'page'] as const)(
    'R15 an old message of a shared room is not read again because a room frame names its epoch (%s)',
    async (how) => {
      const { alice, id, said, old, group } = await oldMessage();
      const seq = await next(alice, id);
      const vault = await alice.vaults.open(alice.id);
      const { room } = (await vault.get<RoomRecord>('rooms', id)) as RoomRecord;
      alice.receive({ type: 'room', room: { ...room, ...old, head: (seq - 1) as Seq } });
      await replayed(alice, id, said, seq as Seq, how);
      expect((await recordOf(alice, id)).room).toMatchObject({ ...group });
    },
  );

  it('R15 nor because the greeting names it, before or after a reload', async () => {
    const { alice, id, said, old, group } = await oldMessage();
    tellRoom(alice, (room) => (room.id === id ? { ...room, ...old, topic: 'as it is told' } : room));
    await alice.reload();
    await alice.ready((room) => room.id === id && room.topic === 'as it is told');
    await alice.open(id);
    const seq = (await next(alice, id)) as Seq;
    await replayed(alice, id, said, seq, 'push');
    expect((await recordOf(alice, id)).room).toMatchObject({ ...group });
  });

  it('R15 nor because the membership is said to have begun later', async () => {
    const { alice, id, said, old, group } = await oldMessage();
    const seq = await next(alice, id);
    const vault = await alice.vaults.open(alice.id);
    const { room } = (await vault.get<RoomRecord>('rooms', id)) as RoomRecord;
    const jump = (seq + 1_000) as Seq;
    alice.receive({ type: 'room', room: { ...room, ...old, head: jump, joinedSeq: jump } });
    await expect.poll(async () => (await vault.get<RoomRecord>('rooms', id))?.cursor).toBe(jump);
    await replayed(alice, id, said, (jump + 1) as Seq, 'push');
    const after = await vault.get<RoomRecord>('rooms', id);
    expect((after?.room.epoch ?? 0) >= (group?.epoch ?? 0)).toBe(true);
  });

  it('R15 L3 nor a message of the present epoch, though the membership is said to have begun later', async () => {
    const { alice, id } = await oldMessage();
    const bob = at.person('dora');
    await stock(bob);
    await bob.lobby();
    let said: MessageEntry | undefined;
    alice.incoming = (frame) => {
      if (frame.type === 'entries') for (const entry of frame.entries) if (entry.kind === 'message') said = entry;
      return [frame];
    };
    await bob.say(id, 'of now');
    await alice.reads(id, 'of now');
    if (said === undefined) throw new Error('not captured');
    const seq = await next(alice, id);
    const vault = await alice.vaults.open(alice.id);
    const { room } = (await vault.get<RoomRecord>('rooms', id)) as RoomRecord;
    const jump = (seq + 1_000) as Seq;
    alice.receive({ type: 'room', room: { ...room, head: jump, joinedSeq: jump } });
    await expect.poll(async () => (await vault.get<RoomRecord>('rooms', id))?.cursor).toBe(jump);
    await replayed(alice, id, said, (jump + 1) as Seq, 'push');
  });

  /** Alice is out of a thread in which an epoch began since. */
  const putOut = async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const mallory = await stocked('mallory');
    const id = await threadOf(alice, bob, mallory);
    await receiptsCame(id, alice, bob, mallory);
    const before = await groupOf(alice, id);
    const thief = await stolen(mallory, id);
    await alice.core.removeFromThread(id, mallory.id);
    await bob.until('mallory to be gone', () => bob.findRoom((room) => room.id === id)?.members.length === 2);
    await alice.until('mallory to be gone', () => alice.findRoom((room) => room.id === id)?.members.length === 2);
    const log = await ShadowLog.of(alice, id);
    return { alice, bob, mallory, id, before, thief, log };
  };

  /** Refuse the first message as one of a device that is out. */
  const refuseOnce = (log: ShadowLog) => {
    let refused = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || refused) return undefined;
      refused = true;
      return { code: 'not_in_group', detail: {} };
    };
  };

  /** What was sent for the dead epoch. */
  const commitsAt = (log: ShadowLog, epoch: Epoch, generation = 1) =>
    log.sent.filter((frame) => frame.type === 'commit' && frame.epoch === epoch && frame.generation === generation);

  it('R15 group info of an epoch before the one that was held is not entered', async () => {
    const { alice, id, before, log } = await putOut();
    log.group = { ...before.at, groupInfo: before.groupInfo };
    refuseOnce(log);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for mallory' });
    // The thread goes on in a group that alice founds.
    await expect.poll(() => log.sent.some(({ type }) => type === 'found'), { timeout: 15_000 }).toBe(true);
    await alice.until('alice to be back', () => alice.findRoom((room) => room.id === id)?.state === 'ready');
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 10_000 }).toBe(2);
    expect(commitsAt(log, before.at.epoch)).toEqual([]);
  });

  it('R15 group info of another branch of the epoch that was held is not entered', async () => {
    const { alice, bob, id, before, thief, log } = await putOut();
    // What mallory makes of the epoch that he was in: the same number, but he stays.
    const bobs = await thief.engine.update(thief.state);
    log.group = { ...later(before.at, 1), groupInfo: unshared(await thief.engine.groupInfo(bobs.state)) };
    refuseOnce(log);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for mallory' });
    await expect.poll(() => log.sent.some(({ type }) => type === 'found'), { timeout: 15_000 }).toBe(true);
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 10_000 }).toBe(2);
    expect(commitsAt(log, later(before.at, 1).epoch)).toEqual([]);
    void bob;
  });

  it('R15 group info of an epoch that ended while this device was out is not entered', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const mallory = await stocked('mallory');
    const id = await threadOf(alice, bob, mallory);
    await receiptsCame(id, alice, bob, mallory);
    const [bobs, mallorys] = [await stolen(bob, id), await stolen(mallory, id)];
    const { at: present } = await groupOf(alice, id);
    const update = await bobs.engine.update(bobs.state);
    const followed = await mallorys.engine.processCommit(mallorys.state, update.commit);
    const removal = await bobs.engine.remove(update.state, [leafOf(update.state, mallory.id).leafIndex]);
    const log = await ShadowLog.of(alice, id);
    log.group = { ...later(present, 1), groupInfo: unshared(await mallorys.engine.groupInfo(followed.state)) };
    const by = deviceIn(bobs.state, bob.id);
    log.refuse = (frame) => {
      if (frame.type !== 'send' || log.messages.length > 1) return undefined;
      // She reads of both epochs only when she is out.
      log.tell(
        { ...commitTold(by, update, present), body: new Uint8Array([7]) },
        commitTold(by, removal, later(present, 1)),
      );
      return { code: 'not_in_group', detail: {} };
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for mallory' });
    await expect.poll(() => log.sent.some(({ type }) => type === 'found'), { timeout: 15_000 }).toBe(true);
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 10_000 }).toBe(2);
    expect(commitsAt(log, later(present, 1).epoch)).toEqual([]);
  });

  it('R15 an own commit that is told at an epoch that is over is not adopted', async () => {
    const { alice, bob, id, log } = await putOut();
    const { at: present } = await groupOf(alice, id);
    const carol = await stocked('carol');
    // Bob's commit comes first, though the server acknowledges alice's.
    const bobs = await stolen(bob, id);
    const update = await bobs.engine.update(bobs.state);
    const { outgoing } = alice;
    let told = false;
    alice.outgoing = (frame) => {
      if (frame.type === 'commit' && frame.room === id && !told) {
        told = true;
        log.tell(commitTold(deviceIn(bobs.state, bob.id), update, present));
      }
      return outgoing(frame);
    };
    await alice.core.addToThread(id, [carol.id]);
    const commits = log.sent.flatMap((frame) => (frame.type === 'commit' ? frame : []));
    expect(commits.map(({ epoch }) => epoch)).toEqual([present.epoch, present.epoch + 1]);
    const record = await log.applied();
    expect(record.group).toEqual(later(present, 2));
    expect(alice.security(id)).toContain('keys_refused');
  });

  it('R9 C2 an own message that is told after the end of its epoch is not taken for delivered: it is sealed again', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const { at: present } = await groupOf(alice, id);
    const bobs = await stolen(bob, id);
    const update = await bobs.engine.update(bobs.state);
    const log = await ShadowLog.of(alice, id);
    const { outgoing } = alice;
    let told = false;
    alice.outgoing = (frame) => {
      if (frame.type === 'send' && frame.kind === 'message' && frame.room === id && !told) {
        told = true;
        log.tell(commitTold(deviceIn(bobs.state, bob.id), update, present));
      }
      return outgoing(frame);
    };
    const said = newEntryId();
    await alice.core.sendText(id, { id: said, text: 'to be read by bob' });
    await expect.poll(() => log.messages.map(({ epoch }) => epoch)).toEqual([present.epoch, present.epoch + 1]);
    await alice.until('to be delivered', () =>
      alice.shown(id).some((row) => row.kind === 'message' && row.id === said && row.delivery === 'sent'),
    );
  });

  it('R15 a Welcome to an epoch that was held before is not used again', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    // Bob is added by his last resort, whose keys he keeps.
    await at.server.services.database.prisma.keyPackage.deleteMany({ where: {} });
    let welcome: Extract<ServerFrame, { type: 'welcome' }> | undefined;
    bob.incoming = (frame) => {
      if (frame.type === 'welcome') welcome = frame;
      return [frame];
    };
    const id = await newThread(alice, bob);
    await alice.say(id, 'hello');
    await bob.reads(id, 'hello');
    await receiptsCame(id, alice, bob);
    if (welcome === undefined) throw new Error('no welcome');
    const { room, cursor } = await recordOf(bob, id);
    const log = await ShadowLog.of(bob, id);
    log.welcome = welcome;
    const joinedSeq = ((cursor ?? 0) + 100) as Seq;
    log.skipTo(joinedSeq);
    bob.receive({ type: 'room', room: { ...room, joinedSeq, head: joinedSeq, welcome: true } });
    await bob.until('bob to be back from outside', () => bob.security(id).includes('rejoined'));
    expect(log.sent.map(({ type }) => type).slice(0, 4)).toEqual(['welcome', 'welcome_done', 'group', 'commit']);
  });

  it('R15 a server that was set back to a backup is left for a new generation, not an epoch that is over', async () => {
    const { alice, id, before, log } = await putOut();
    const { at: present } = await groupOf(alice, id);
    log.group = { ...before.at, groupInfo: before.groupInfo };
    log.refuse = (frame) =>
      frame.type === 'send' && frame.generation === present.generation
        ? { code: 'stale_epoch', detail: { generation: before.at.generation as Generation, epoch: before.at.epoch } }
        : undefined;
    const id2 = newEntryId() as EntryId;
    await alice.core.sendText(id, { id: id2, text: 'after the restore' });
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 15_000 }).toBe(2);
    expect(log.sent.filter(({ type }) => type === 'commit')).toEqual([]);
    expect(log.sent.filter(({ type }) => type === 'found').length).toBe(1);
  });
});
