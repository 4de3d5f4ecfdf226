import type { AccountId, CommitEntry, EntryId, Epoch, Generation, RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { differences } from './differences.ts';
import { makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, meet } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { ShadowLog, type Told } from './shadow-log.ts';
import { recordOf } from './stolen.ts';

describe('a server that lied for a while', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  /** Have alice leave the group, since she is told that she is not in it, and find no way back. */
  const putOut = async (alice: Person, id: RoomId): Promise<ShadowLog> => {
    const log = await ShadowLog.of(alice, id);
    log.refuse = (frame) =>
      frame.type === 'send' ? { code: 'not_in_group', detail: {} } : { code: 'internal', detail: {} };
    await alice.core.sendText(id, { id: newEntryId(), text: 'said while out' });
    await alice.until('to be out', () => alice.findRoom((room) => room.id === id)?.state === 'repairing');
    return log;
  };

  /** The server is honest again. What is said goes both ways, once the log is past what was made up. */
  const honestAgain = async (alice: Person, bob: Person, id: RoomId) => {
    alice.incoming = (frame) => [frame];
    alice.outgoing = (frame) => frame;
    await alice.reload();
    await alice.open(id);
    await alice.until('to be back', () => alice.findRoom((room) => room.id === id)?.state === 'ready');
    for (let i = 0; i < 8; i++) await bob.say(id, `bob ${i}`);
    for (const account of doubted(alice, id)) await accept(alice, id, account);
    for (const { key } of differences(alice, id)) await alice.core.passDifference(id, key);
    await alice.reads(id, 'bob 7');
    await alice.say(id, 'alice is back');
    await bob.reads(id, 'alice is back');
  };

  const nobody = () => ({
    account: crypto.randomUUID() as AccountId,
    device: crypto.randomUUID() as CommitEntry['device'],
  });
  const commitAt = (generation: number, epoch: number): Told => ({
    kind: 'commit',
    ...nobody(),
    generation: generation as Generation,
    epoch: epoch as Epoch,
    id: crypto.randomUUID() as EntryId,
    body: new Uint8Array(9),
    external: false,
    added: [],
    removed: [],
    authenticator: new Uint8Array(32),
  });

  it('R15 commits that are made up while a device is out lead it to no other generation and past no epoch', async () => {
    const { alice, bob, id } = await meet(at);
    const { room } = await recordOf(alice, id);
    const log = await putOut(alice, id);
    log.tell(commitAt(room.generation, room.epoch + 50), commitAt(7, 3), commitAt(room.generation + 1, 0));
    const after = await log.applied();
    expect(after.room).toMatchObject({ generation: room.generation, epoch: room.epoch });
    await honestAgain(alice, bob, id);
  });

  it('R8 R15 those that end just the present epoch cost a new generation at most', async () => {
    const { alice, bob, id } = await meet(at);
    const { room } = await recordOf(alice, id);
    const log = await putOut(alice, id);
    log.tell(commitAt(room.generation, room.epoch), commitAt(room.generation, room.epoch + 1));
    expect((await log.applied()).room.epoch).toBe(room.epoch + 2);
    // The room was begun more than a minute ago.
    await at.server.services.database.prisma.room.update({ where: { id }, data: { foundedAt: new Date(0) } });
    await honestAgain(alice, bob, id);
  });

  it('R13 R15 a generation that the server made up is not entered', async () => {
    const { alice, bob, id } = await meet(at);
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0, 'xavier');
    plantKeyLogs(alice, [ghost.log]);
    const group = { id, kind: 'thread', policy: 'sealed' } as const;
    const state = await ghost.engine.createGroup(groupIdOf(group, 9 as Generation));
    const log = await putOut(alice, id);
    log.group = {
      generation: 9 as Generation,
      epoch: 0 as Epoch,
      groupInfo: unshared(await ghost.engine.groupInfo(state)),
    };
    log.refuse = (frame) => (frame.type === 'found' ? { code: 'internal', detail: {} } : undefined);
    await expect
      .poll(() => log.sent.filter(({ type }) => type === 'group').length, { timeout: 15_000 })
      .toBeGreaterThan(1);
    expect(log.sent.filter(({ type }) => type === 'commit')).toEqual([]);
    await honestAgain(alice, bob, id);
  });

  it.each(['with', 'without'] as const)(
    'R15 a membership that is said to begin far ahead is given up again (%s entries there)',
    async (entries) => {
      const { alice, bob, id } = await meet(at);
      const vault = await alice.vaults.open(alice.id);
      const { room } = (await vault.get<RoomRecord>('rooms', id)) as RoomRecord;
      const log = await ShadowLog.of(alice, id);
      log.refuse = () => ({ code: 'internal', detail: {} });
      const far = 1_000_000_000 as Seq;
      log.skipTo(far);
      alice.receive({
        type: 'room',
        room: { ...room, generation: 90 as Generation, epoch: 9 as Epoch, joinedSeq: far, head: far },
      });
      await expect.poll(async () => (await vault.get<RoomRecord>('rooms', id))?.cursor).toBe(far);
      if (entries === 'with') {
        log.tell(
          {
            kind: 'notice',
            generation: 90 as Generation,
            epoch: 9 as Epoch,
            event: 'joined',
            account: bob.id,
            devices: [],
          },
          commitAt(90, 9),
        );
        await log.applied();
      }
      await honestAgain(alice, bob, id);
      const rows = alice.shown(id).map(({ order }) => order);
      expect(Math.max(...rows)).toBeLessThan(far);
      expect((await recordOf(alice, id)).room.generation).toBeLessThan(90);
      // And after a reload.
      await alice.reload();
      await alice.open(id);
      await bob.say(id, 'and again');
      await alice.reads(id, 'and again');
    },
  );

  it('L8 a log that is said to reach far ahead does not', async () => {
    const { alice, bob, id } = await meet(at);
    alice.receive({ type: 'head', room: id, seq: 1_000_000_000 as Seq });
    await bob.say(id, 'as before');
    await alice.reads(id, 'as before');
    await honestAgain(alice, bob, id);
  });
});
