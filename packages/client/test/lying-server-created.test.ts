import {
  type AccountId,
  type ClientFrame,
  type Epoch,
  fromBase64url,
  type Generation,
  type RoomId,
  type ServerFrame,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { makeGhost, plantKeyLogs } from './ghost.ts';
import { doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, world } from './people.ts';
import { aWhile, groupOf } from './shadow-group.ts';
import { ShadowLog } from './shadow-log.ts';

describe('a lying server and threads that one makes', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it('V1 members of a group that is shown instead of the one that was made are not accepted for that', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0, 'xavier');
    plantKeyLogs(alice, [ghost.log]);
    const { keyPackages } = await alice.rest.claimKeyPackages([bob.id]);
    // Nothing of the thread reaches alice but that there is one; her commit is told as another's.
    let room: RoomId | undefined;
    alice.outgoing = (frame: ClientFrame): ClientFrame => {
      if (frame.type === 'create_thread') room = frame.room;
      return frame;
    };
    const spoiled = (frame: ServerFrame): ServerFrame[] => {
      if (!('room' in frame) || (frame.type === 'room' ? frame.room.id : frame.room) !== room) return [frame];
      if (frame.type === 'entries' || frame.type === 'page') {
        const entries = frame.entries.map((entry) =>
          entry.kind === 'commit' ? { ...entry, body: entry.body.map((byte) => byte ^ 1) } : entry,
        );
        return [{ ...frame, entries }];
      }
      return frame.type === 'group' ? [{ type: 'error', ref: frame.ref, code: 'internal', detail: {} }] : [frame];
    };
    alice.incoming = spoiled;
    const id = await alice.core.startThread([bob.id]);
    const vault = await alice.vaults.open(alice.id);
    await expect.poll(async () => (await vault.get<RoomRecord>('rooms', id))?.cursor, { timeout: 10_000 }).toBe(1);
    expect((await vault.get<RoomRecord>('rooms', id))?.group).toBeNull();

    const first = await ghost.engine.createGroup(groupIdOf({ id, kind: 'thread', policy: 'sealed' }, 1 as Generation));
    const [bobs] = keyPackages;
    const { state } = await ghost.engine.add(first, [fromBase64url(bobs?.keyPackage ?? '')]);
    const log = await ShadowLog.of(alice, id);
    log.group = {
      generation: 1 as Generation,
      epoch: 1 as Epoch,
      groupInfo: unshared(await ghost.engine.groupInfo(state)),
    };
    await alice.reload();
    await alice.until(
      'to be in the group that is shown',
      () => alice.findRoom((one) => one.id === id)?.state === 'ready',
    );
    expect(doubted(alice, id)).toEqual([ghost.account]);
    await alice.core.sendText(id, { id: newEntryId(), text: 'for bob alone' });
    await aWhile();
    expect(log.messages).toEqual([]);
  });

  it('R6 a notice that names this very device is for the others to follow: it does not try to remove itself', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const { at: present } = await groupOf(alice, id);
    const log = await ShadowLog.of(alice, id);
    log.tell({ kind: 'notice', event: 'left', ...present, account: alice.id, devices: [] });
    await log.applied();
    const said = newEntryId();
    await alice.core.sendText(id, { id: said, text: 'still here' });
    await expect.poll(() => log.messages.map((frame) => frame.id), { timeout: 10_000 }).toContain(said);
    expect(log.sent.filter(({ type }) => type === 'commit')).toEqual([]);
  });
});
