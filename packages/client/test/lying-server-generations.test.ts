import { signFounding } from '@undertone/identity';
import { epochAuthenticator } from '@undertone/mls/profile';
import {
  type AccountId,
  type EntryId,
  type Epoch,
  type FoundEntry,
  type Generation,
  limits,
  type RoomId,
  type RoomState,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import { sha256Of } from '../src/room/log-hash.ts';
import { readDevice } from '../src/session/device.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { differences } from './differences.ts';
import { overheard } from './eavesdrop.ts';
import { makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { aWhile, groupOf, leafOf } from './shadow-group.ts';
import { commitTold, ShadowLog, type Told } from './shadow-log.ts';
import { stolen } from './stolen.ts';

type Speaker = Pick<Awaited<ReturnType<typeof makeGhost>>, 'account' | 'device' | 'engine'> & {
  readonly signer: CryptoKey;
};

describe('a lying server and generations', { timeout: 120_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));
  const storedRoom = async (person: Person, id: RoomId) =>
    (await (await person.vaults.open(person.id)).get<RoomRecord>('rooms', id)) as RoomRecord;

  const speakerOf = async (person: Person, id: RoomId): Promise<Speaker> => {
    const { engine } = await stolen(person, id);
    const device = await readDevice(await person.vaults.open(person.id));
    if (device === undefined) throw new Error('no device');
    return { account: person.id, device: device.record.device, engine, signer: device.key.privateKey };
  };

  const ghostOf = async (person: Person): Promise<Speaker> => {
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0, 'xavier');
    plantKeyLogs(person, [ghost.log]);
    return { ...ghost, signer: ghost.key.privateKey };
  };

  const founds = async (
    by: Speaker,
    group: Pick<RoomState, 'id' | 'kind' | 'policy'>,
    generation: number,
  ): Promise<Omit<FoundEntry, 'seq' | 'at'>> => {
    const state = await by.engine.createGroup(groupIdOf(group, generation as Generation));
    const groupInfoHash = sha256Of(unshared(await by.engine.groupInfo(state)));
    const authenticator = unshared(epochAuthenticator(state));
    const founding = { room: group.id, generation: generation as Generation, last: null, groupInfoHash, authenticator };
    return {
      kind: 'found',
      generation: generation as Generation,
      epoch: 0 as Epoch,
      id: crypto.randomUUID() as EntryId,
      account: by.account,
      device: by.device,
      authenticator,
      founding: { last: null, groupInfoHash, signature: await signFounding(by.signer, founding) },
    };
  };

  /** Foundings that lead further than an honest server follows. */
  const far = async (by: Speaker, group: Pick<RoomState, 'id' | 'kind' | 'policy'>, from: number) => {
    const step = limits.foundingMaxStep;
    return [await founds(by, group, from + step), await founds(by, group, from + 2 * step)];
  };

  const left = (account: AccountId): Told => ({
    kind: 'notice',
    generation: 1 as Generation,
    epoch: 1 as Epoch,
    account,
    event: 'left',
    devices: [],
  });

  /** The server is honest again; a founding a minute later is allowed (R8). */
  const honestAgain = async (alice: Person, bob: Person, id: RoomId) => {
    await at.server.services.database.prisma.room.update({ where: { id }, data: { foundedAt: new Date(0) } });
    alice.incoming = (frame) => [frame];
    alice.outgoing = (frame) => frame;
    await alice.reload();
    await alice.open(id);
    await bob.open(id);
    await expect
      .poll(
        async () => {
          for (const person of [alice, bob]) {
            for (const account of doubted(person, id)) await accept(person, id, account).catch(() => {});
            for (const { key } of differences(person, id)) await person.core.passDifference(id, key);
          }
          for (const person of [alice, bob]) {
            await person.core.sendText(id, { id: newEntryId(), text: `${person.name} is here` });
          }
          return alice.texts(id).includes('bob is here') && bob.texts(id).includes('alice is here');
        },
        { timeout: 40_000, interval: 500 },
      )
      .toBe(true);
  };

  it('R13 a member’s foundings, told one after the other, do not bar the true ones for good', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const told = await far(await speakerOf(carol, id), { id, kind: 'thread', policy: 'sealed' }, 1);
    const log = await ShadowLog.of(alice, id);
    log.tell(...told);
    await log.applied();
    await honestAgain(alice, bob, id);
  });

  it('R13 R10 notices that everyone left let no stranger found generations in a thread', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const told = await far(await ghostOf(alice), { id, kind: 'thread', policy: 'sealed' }, 1);
    const log = await ShadowLog.of(alice, id);
    log.tell(left(bob.id), left(alice.id), ...told);
    expect((await log.applied()).room.generation).toBe(1);
    expect(alice.security(id)).not.toContain('repaired');
  });

  it('R13 a stranger’s foundings in a public room do not bar the true ones for good', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id, kind, policy } = await alice.lobby();
    const { room } = await storedRoom(alice, id);
    const told = await far(await ghostOf(alice), { id, kind, policy }, room.generation);
    const log = await ShadowLog.of(alice, id);
    log.tell(...told);
    await log.applied();
    await honestAgain(alice, bob, id);
  });

  it.each([3, limits.foundingMaxStep])(
    'R13 a stranger’s one founding, %d on, in a public room is got over',
    async (step) => {
      const [alice, bob] = [await stocked('alice'), await stocked('bob')];
      const { id, kind, policy } = await alice.lobby();
      const { room } = await storedRoom(alice, id);
      const told = await founds(await ghostOf(alice), { id, kind, policy }, room.generation + step);
      const log = await ShadowLog.of(alice, id);
      log.tell(told);
      await log.applied();
      await honestAgain(alice, bob, id);
    },
  );

  it.each([
    ['while this device was out', true],
    ['by a commit that was withheld', false],
  ])('V2 who was removed %s is not accepted in a new generation', async (_, out) => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const [bobs, carols] = [await stolen(bob, id), await stolen(carol, id)];
    const [bobSpeaks, carolSpeaks] = [await speakerOf(bob, id), await speakerOf(carol, id)];
    const { at: present } = await groupOf(alice, id);
    const log = await ShadowLog.of(alice, id);
    let isOut = false;
    let back = false;
    log.refuse = (frame) => {
      if (frame.type === 'send' && !isOut) {
        isOut = true;
        return { code: 'not_in_group', detail: {} };
      }
      return frame.type === 'group' && !back ? { code: 'internal', detail: {} } : undefined;
    };
    if (out) {
      await alice.core.sendText(id, { id: newEntryId(), text: 'not for carol' });
      await expect.poll(async () => (await storedRoom(alice, id)).group, { timeout: 15_000 }).toBe(null);
    } else isOut = true;
    // Bob removes carol, which the server tells as another commit; put out by it, he founds a new generation, into which it lets carol in.
    const removal = await bobs.engine.remove(bobs.state, [leafOf(bobs.state, carol.id).leafIndex]);
    if (out) log.tell({ ...commitTold(bobSpeaks, removal, present), removed: [] });
    const generation = (present.generation + 1) as Generation;
    const state = await bobs.engine.createGroup(groupIdOf({ id, kind: 'thread', policy: 'sealed' }, generation));
    const info = unshared(await bobs.engine.groupInfo(state));
    const authenticator = unshared(epochAuthenticator(state));
    const last = { epoch: (present.epoch + 1) as Epoch, authenticator: unshared(epochAuthenticator(removal.state)) };
    const founding = { room: id, generation, last, groupInfoHash: sha256Of(info), authenticator };
    const signature = await signFounding(bobSpeaks.signer, founding);
    const by = { account: bobSpeaks.account, device: bobSpeaks.device };
    const told = { last, groupInfoHash: founding.groupInfoHash, signature };
    log.tell({ kind: 'found', generation, epoch: 0 as Epoch, id: newEntryId(), ...by, authenticator, founding: told });
    const joined = await carols.engine.joinExternal(info);
    log.tell(commitTold(carolSpeaks, joined, { generation, epoch: 0 as Epoch }, true));
    await log.applied();
    log.group = { generation, epoch: 1 as Epoch, groupInfo: unshared(await carols.engine.groupInfo(joined.state)) };
    back = true;
    await alice.until('alice to be back', () => alice.security(id).includes('rejoined'));
    if (!out) await alice.core.sendText(id, { id: newEntryId(), text: 'not for carol' });
    await aWhile();
    await aWhile();
    const read = await overheard(carols.engine, joined.state, log.sent);
    expect(doubted(alice, id)).toContain(carol.id);
    expect
      .soft(doubted(alice, id).length + differences(alice, id).length, alice.security(id).join())
      .toBeGreaterThan(0);
    expect(read.filter((text) => text.includes('not for carol'))).toEqual([]);
  });
});
