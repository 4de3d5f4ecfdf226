import {
  type AccountId,
  type Epoch,
  fromBase64url,
  type Generation,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrame,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { differences } from './differences.ts';
import { makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, meet, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { groupOf, leafOf } from './shadow-group.ts';
import { ShadowLog } from './shadow-log.ts';
import { stolen } from './stolen.ts';

describe('a server that lied of places in a log', { timeout: 120_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  /** The server is honest again; a founding a minute later is allowed (R8). */
  const honestAgain = async (alice: Person, bob: Person, id: RoomId) => {
    await at.server.services.database.prisma.room.update({ where: { id }, data: { foundedAt: new Date(0) } });
    alice.incoming = (frame) => [frame];
    alice.outgoing = (frame) => frame;
    await alice.reload();
    await alice.open(id);
    // What one says before the other is back is not for them: until each reads one.
    await expect
      .poll(
        async () => {
          for (const person of [alice, bob]) {
            for (const account of doubted(person, id)) await accept(person, id, account);
            for (const { key } of differences(person, id)) await person.core.passDifference(id, key);
          }
          for (const person of [alice, bob]) {
            await person.core.sendText(id, { id: newEntryId(), text: `${person.name} is here` });
          }
          return alice.texts(id).includes('bob is here') && bob.texts(id).includes('alice is here');
        },
        { timeout: 30_000, interval: 250 },
      )
      .toBe(true);
  };

  const ghostGroup = async (alice: Person, id: RoomId, generation: number) => {
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0, 'xavier');
    plantKeyLogs(alice, [ghost.log]);
    const group = { id, kind: 'thread', policy: 'sealed' } as const;
    return { ghost, state: await ghost.engine.createGroup(groupIdOf(group, generation as Generation)) };
  };
  const stocked = (name: string) => stock(at.person(name));
  const storedRoom = async (person: Person, id: RoomId) =>
    (await (await person.vaults.open(person.id)).get<RoomRecord>('rooms', id)) as RoomRecord;

  it('R13 R15 a Welcome to a generation that the server made up does not bar the true ones', async () => {
    const { alice, bob, id } = await meet(at);
    const { ghost, state } = await ghostGroup(alice, id, 90);
    const { keyPackages } = await bob.rest.claimKeyPackages([alice.id]);
    const added = await ghost.engine.add(
      state,
      keyPackages.map(({ keyPackage }) => fromBase64url(keyPackage)),
    );
    if (added.welcome === undefined) throw new Error('no Welcome');
    const { room } = await storedRoom(alice, id);
    const log = await ShadowLog.of(alice, id);
    const far = ((room.head as number) + 1) as Seq;
    log.skipTo(far);
    const named = { generation: 90 as Generation, epoch: 1 as Epoch };
    log.welcome = { type: 'welcome', ref: 0, room: id, ...named, seq: far, welcome: unshared(added.welcome) };
    alice.receive({ type: 'room', room: { ...room, ...named, joinedSeq: far, head: far, welcome: true } });
    const left = async () => (await storedRoom(alice, id)).cursor;
    await expect.poll(left, { timeout: 15_000 }).toBe(far);
    await honestAgain(alice, bob, id);
  });

  it('R13 R15 nor does a room frame that names it, and its group info', async () => {
    const { alice, bob, id } = await meet(at);
    const { ghost, state } = await ghostGroup(alice, id, 90);
    const { room } = await storedRoom(alice, id);
    const log = await ShadowLog.of(alice, id);
    const far = ((room.head as number) + 1) as Seq;
    log.skipTo(far);
    const named = { generation: 90 as Generation, epoch: 0 as Epoch };
    log.group = { ...named, groupInfo: unshared(await ghost.engine.groupInfo(state)) };
    alice.receive({ type: 'room', room: { ...room, ...named, joinedSeq: far, head: far } });
    await expect
      .poll(async () => (await storedRoom(alice, id)).cursor, { timeout: 15_000 })
      .toBeGreaterThanOrEqual(far);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await honestAgain(alice, bob, id);
  });

  it('L1 R15 a Welcome whose place in the log is a lie does not end the log for good', async () => {
    const [alice, bob] = [await stock(at.person('alice')), await stock(at.person('bob'))];
    // Of the very first Welcome, to a true group, nothing but `seq` is changed.
    let lied = false;
    alice.incoming = (frame) => {
      if (frame.type !== 'welcome') return [frame];
      lied = true;
      return [{ ...frame, seq: 1_000_000_000 as Seq }];
    };
    const id = await bob.core.startThread([alice.id]);
    await alice.thread();
    expect(lied).toBe(true);
    await honestAgain(alice, bob, id);
  });

  it('R15 a member who signs a generation that was never founded does not bar the true ones for good', async () => {
    const [alice, bob, carol] = [
      await stock(at.person('alice')),
      await stock(at.person('bob')),
      await stock(at.person('carol')),
    ];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const carols = await stolen(carol, id);
    leafOf(carols.state, carol.id);
    const group = { id, kind: 'thread', policy: 'sealed' } as const;
    const state = await carols.engine.createGroup(groupIdOf(group, 90 as Generation));
    const log = await ShadowLog.of(alice, id);
    const { at: present } = await groupOf(alice, id);
    expect(present.generation).toBe(1);
    const named = { generation: 90 as Generation, epoch: 0 as Epoch };
    log.group = { ...named, groupInfo: unshared(await carols.engine.groupInfo(state)) };
    let refused = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || refused) return undefined;
      refused = true;
      return { code: 'not_in_group', detail: {} };
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'hm' });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await honestAgain(alice, bob, id);
  });

  it('L1 R15 a first Welcome and a head that both name a place far ahead do not end the log for good', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const lie = 1_000_000_000 as Seq;
    const changed = (room: RoomState): RoomState => (room.kind === 'thread' ? { ...room, head: lie } : room);
    alice.incoming = (frame) => {
      if (frame.type === 'room') return [{ ...frame, room: changed(frame.room) }];
      if (frame.type === 'welcome') return [{ ...frame, seq: lie }];
      return [frame];
    };
    const id = await bob.core.startThread([alice.id]);
    await alice.thread();
    await honestAgain(alice, bob, id);
  });

  it('L1 a head far ahead when a room is first met does not end its log for good', async () => {
    const bob = await stocked('bob');
    const alice = at.person('alice');
    const lie = 1_000_000_000 as Seq;
    alice.incoming = (frame): ServerFrame[] =>
      frame.type === 'hello_ok'
        ? [{ ...frame, rooms: frame.rooms.map((room) => ({ ...room, head: lie })) }]
        : frame.type === 'room'
          ? [{ ...frame, room: { ...frame.room, head: lie } }]
          : [frame];
    await alice.signUp();
    const { id } = await alice.until('the lobby', () => alice.findRoom(({ slug }) => slug === 'lobby'));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await honestAgain(alice, bob, id);
  });
});
