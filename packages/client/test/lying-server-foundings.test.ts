import { signFounding } from '@undertone/identity';
import type { GroupState } from '@undertone/mls';
import type { MlsEngine } from '@undertone/mls/profile';
import { epochAuthenticator } from '@undertone/mls/profile';
import {
  type AccountId,
  type DeviceId,
  type EntryId,
  type Epoch,
  type FoundEntry,
  type FoundingLast,
  type Generation,
  limits,
  type RoomId,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import { sha256Of } from '../src/room/log-hash.ts';
import { readDevice } from '../src/session/device.ts';
import { differences } from './differences.ts';
import { makeGhost, plantKeyLogs } from './ghost.ts';
import { doubted, meet, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { deviceIn, groupOf, later, leafOf } from './shadow-group.ts';
import { commitTold, ShadowLog } from './shadow-log.ts';
import { stolen } from './stolen.ts';

interface Founder {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly engine: MlsEngine;
  readonly signer: CryptoKey;
}

const threadGroup = (room: RoomId, generation: number) =>
  groupIdOf({ id: room, kind: 'thread', policy: 'sealed' }, generation as Generation);

describe('a lying server and foundings', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const meetInShadow = async () => {
    const met = await meet(at);
    return { ...met, log: await ShadowLog.of(met.alice, met.id) };
  };

  const founderOf = async (person: Person, id: RoomId): Promise<Founder> => {
    const { engine } = await stolen(person, id);
    const device = await readDevice(await person.vaults.open(person.id));
    if (device === undefined) throw new Error('no device');
    return { account: person.id, device: device.record.device, engine, signer: device.key.privateKey };
  };

  /** The epoch that the person holds, as a founder signs it. */
  const lastOf = async (person: Person, id: RoomId): Promise<FoundingLast> => {
    const { state, record } = await stolen(person, id);
    if (record.group === null) return null;
    return { epoch: record.group.epoch, authenticator: unshared(epochAuthenticator(state)) };
  };

  /** What a founder makes of a room's next generation. `signed`: where that is to be another room or generation. */
  const founds = async (
    by: Founder,
    room: RoomId,
    generation = 2,
    signed: { readonly room?: RoomId; readonly generation?: number } = {},
    last: FoundingLast = null,
  ): Promise<{ told: Omit<FoundEntry, 'seq' | 'at'>; state: GroupState; groupInfo: Uint8Array<ArrayBuffer> }> => {
    const state = await by.engine.createGroup(threadGroup(room, generation));
    const groupInfo = unshared(await by.engine.groupInfo(state));
    const authenticator = unshared(epochAuthenticator(state));
    const groupInfoHash = sha256Of(groupInfo);
    const founding = { room, generation: generation as Generation, last, groupInfoHash, authenticator };
    const signature = await signFounding(by.signer, { ...founding, ...signed } as typeof founding);
    const told = {
      kind: 'found' as const,
      generation: generation as Generation,
      epoch: 0 as Epoch,
      id: crypto.randomUUID() as EntryId,
      account: by.account,
      device: by.device,
      authenticator,
      founding: { last, groupInfoHash, signature },
    };
    return { told, state, groupInfo };
  };

  /** Wait for the row of what was told, and see that alice is where she was. */
  const refused = async (alice: Person, id: RoomId, log: ShadowLog) => {
    const { seq, before } = { seq: log.head, before: log.sent.length };
    await alice.until('the refusal', () =>
      alice.shown(id).some((row) => row.seq === seq && row.kind === 'security' && row.event === 'keys_refused'),
    );
    const record = await log.applied();
    expect(record.group).toMatchObject({ generation: 1 });
    expect(record.room.generation).toBe(1);
    // What is said next is said in the group that she was in.
    const said = newEntryId();
    await alice.core.sendText(id, { id: said, text: 'still here' });
    await expect.poll(() => log.messages.some((frame) => frame.id === said), { timeout: 15_000 }).toBe(true);
    expect(log.messages.at(-1)).toMatchObject(record.group ?? {});
    expect(log.sent.slice(before).map(({ type }) => type)).toEqual(['send']);
  };

  it('R13 a founding that nobody signed, or not for this, is refused visibly and moves nobody', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const by = await founderOf(bob, id);
    const { told } = await founds(by, id);
    const lie = async (change: Partial<FoundEntry>) => {
      log.tell({ ...told, ...change } as typeof told);
      await refused(alice, id, log);
    };
    await lie({ founding: undefined as never });
    const other = await founds(by, id);
    await lie({ founding: { ...told.founding, groupInfoHash: other.told.founding?.groupInfoHash } as never });
    await lie({ authenticator: other.told.authenticator });
    await lie({
      founding: { ...told.founding, last: { epoch: 0 as Epoch, authenticator: other.told.authenticator } } as never,
    });
    await lie((await founds(by, id, 2, { room: crypto.randomUUID() as RoomId })).told);
    await lie((await founds(by, id, 2, { generation: 3 })).told);
    // Signed for a generation that is no later one, or too far off.
    await lie((await founds(by, id, 2 + limits.foundingMaxStep)).told);
    await lie((await founds(by, id, 1)).told);
    // Another device's signature.
    await lie({ account: alice.id, device: (await founderOf(alice, id)).device });
  });

  it('R13 a founding by one who is not a member is refused visibly and moves nobody', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const stranger = await makeGhost(crypto.randomUUID() as AccountId, 0, 'xavier');
    plantKeyLogs(alice, [stranger.log]);
    const founder = { ...stranger, signer: stranger.key.privateKey };
    log.tell((await founds(founder, id)).told);
    await refused(alice, id, log);
    void bob;
  });

  it('R13 I8 so is one by a device that only the server calls a former one of a member', async () => {
    const bob = await stock(at.person('bob'));
    const alice = at.person('alice');
    const ghost = await makeGhost(bob.id, 0, 'bob');
    alice.answer = (path, body) => {
      if (path !== '/api/key-logs') return body;
      const { logs } = body as { logs: { account: AccountId; root: number }[] };
      if (!logs.some(({ account }) => account === bob.id)) return body;
      return { logs: [ghost.log, ...logs.map((log) => (log.account === bob.id ? { ...log, root: 1 } : log))] };
    };
    await stock(alice);
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    log.tell((await founds({ ...ghost, signer: ghost.key.privateKey }, id)).told);
    await refused(alice, id, log);
  });

  it('R13 V2 one who was removed while this device was out founds nothing', async () => {
    const [alice, bob] = [await stock(at.person('alice')), await stock(at.person('bob'))];
    const carol = await stock(at.person('carol'));
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const [bobs, carols] = [await stolen(bob, id), await founderOf(carol, id)];
    const { at: present } = await groupOf(alice, id);
    const removal = await bobs.engine.remove(bobs.state, [leafOf(bobs.state, carol.id).leafIndex]);
    const log = await ShadowLog.of(alice, id);
    log.refuse = (frame) => ({ code: frame.type === 'send' ? 'not_in_group' : 'internal', detail: {} });
    await alice.core.sendText(id, { id: newEntryId(), text: 'said while out' });
    await alice.until('to be out', () => alice.findRoom((room) => room.id === id)?.state === 'repairing');
    log.tell(commitTold(deviceIn(bobs.state, bob.id), removal, present));
    log.tell((await founds(carols, id)).told);
    const record = await log.applied();
    expect(record.room).toMatchObject(later(present, 1));
    expect(alice.security(id)).toContain('keys_refused');
  });

  it('R9 R13 an own founding that the server changed is not adopted', async () => {
    const { alice, id, log } = await meetInShadow();
    const { told } = await founds(await founderOf(alice, id), id);
    const spoiled: unknown[] = [];
    // The group that is there is of no use, so alice founds the next one.
    log.group = { generation: 1 as Generation, epoch: 1 as Epoch, groupInfo: new Uint8Array(9) };
    let refused = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || refused) return undefined;
      refused = true;
      return { code: 'not_in_group', detail: {} };
    };
    const { incoming } = alice;
    alice.incoming = (frame) =>
      incoming(frame).map((one) => {
        if (one.type !== 'entries') return one;
        const entries = one.entries.map((entry) => {
          if (entry.kind !== 'found' || spoiled.length > 0) return entry;
          spoiled.push(entry);
          return { ...entry, founding: told.founding };
        });
        return { ...one, entries } as typeof one;
      });
    await alice.core.sendText(id, { id: newEntryId(), text: 'in a group of my own' });
    await alice.until('the refusal', () => alice.security(id).includes('keys_refused'));
    expect(spoiled.length).toBe(1);
    // What is told as it was sent is adopted.
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 15_000 }).toBe(2);
  });

  it('V2 after a founding by one who held another epoch last, or none, everyone who is there is asked about', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const { told, groupInfo } = await founds(await founderOf(bob, id), id);
    log.group = { generation: 2 as Generation, epoch: 0 as Epoch, groupInfo };
    log.tell(told);
    await alice.until('bob to be in doubt', () => doubted(alice, id).join() === bob.id);
    expect(alice.findRoom((room) => room.id === id)?.doubts).toMatchObject([{ reason: 'missed' }]);
  });

  it('R13 V2 a founder who held an epoch that the log never led to shows that something was withheld', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const last = await lastOf(bob, id);
    const later = { epoch: ((last?.epoch ?? 0) + 1) as Epoch, authenticator: new Uint8Array(32) };
    const { told, groupInfo } = await founds(await founderOf(bob, id), id, 2, {}, later);
    log.group = { generation: 2 as Generation, epoch: 0 as Epoch, groupInfo };
    log.tell(told);
    await alice.until('a difference', () => differences(alice, id).length > 0);
    expect(differences(alice, id)).toMatchObject([{ account: bob.id }]);
  });

  it('R13 a founding by a member is followed once, and only into the group that was signed', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const by = await founderOf(bob, id);
    const last = await lastOf(bob, id);
    const { told, groupInfo } = await founds(by, id, 2, {}, last);
    const other = await founds(by, id, 2, {}, last);
    // The server gives out another group of that generation, which bob made as well.
    log.group = { generation: 2 as Generation, epoch: 0 as Epoch, groupInfo: other.groupInfo };
    let asked = 0;
    log.refuse = (frame) => {
      if (frame.type !== 'group') return undefined;
      asked += 1;
      // Before she gives up.
      if (asked === 2) log.group = { generation: 2 as Generation, epoch: 0 as Epoch, groupInfo };
      return undefined;
    };
    log.tell(told);
    await alice.until('the repair', () => alice.security(id).includes('repaired'));
    await alice.until('alice to be back', () => alice.security(id).includes('rejoined'));
    const commits = log.sent.flatMap((frame) => (frame.type === 'commit' ? frame : []));
    expect(commits).toMatchObject([{ generation: 2, epoch: 0, external: true }]);
    expect(asked).toBe(2);
    // He held the very epoch that she did: nobody can have gone unseen.
    expect(doubted(alice, id)).toEqual([]);
    await alice.core.sendText(id, { id: newEntryId(), text: 'in the new generation' });
    await expect.poll(() => log.messages.at(-1)?.generation, { timeout: 15_000 }).toBe(2);
    // Told again, it changes nothing.
    const before = (await log.applied()).group;
    await log.applied(log.tell(told));
    expect((await log.applied()).group).toEqual(before);
    expect(alice.security(id).filter((event) => event === 'repaired').length).toBe(1);
  });

  it('R15 a commit that is told at an epoch to come is refused visibly and moves nobody', async () => {
    const { alice, bob, id, log } = await meetInShadow();
    const { engine, state } = await stolen(bob, id);
    const { at: present } = await groupOf(alice, id);
    const by = await founderOf(bob, id);
    const update = await engine.update(state);
    for (const when of [later(present, 1), later(present, 1_000), { generation: 2 as Generation, epoch: 0 as Epoch }]) {
      log.tell(commitTold(by, update, when));
      await refused(alice, id, log);
    }
    // It is followed where it belongs.
    await log.applied(log.tell(commitTold(by, update, present)));
    expect((await log.applied()).group).toEqual(later(present, 1));
  });
});
