import type { KeyLog, KeyLogList } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { readDevice } from '../src/session/device.ts';
import { overheard } from './eavesdrop.ts';
import { type Ghost, makeGhost } from './ghost.ts';
import { receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, world } from './people.ts';
import { aWhile, groupOf, later } from './shadow-group.ts';
import { commitTold, ShadowLog } from './shadow-log.ts';

describe('a lying server that names devices', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  it('I8 nothing reaches a device of a planted log that has the id of the very device that reads', async () => {
    const alice = await stock(at.person('alice'));
    const own = await readDevice(await alice.vaults.open(alice.id));
    if (own === undefined) throw new Error('no device');
    // As bob's former log the server names one with alice's own device id: device ids bind within an account only (I10).
    const ghosts = new Map<string, Ghost>();
    alice.answer = async (path, body) => {
      if (path !== '/api/key-logs') return body;
      const logs: KeyLog[] = [];
      for (const log of (body as KeyLogList).logs) {
        if (log.account === alice.id) {
          logs.push(log);
          continue;
        }
        const ghost = ghosts.get(log.account) ?? (await makeGhost(log.account, 0, undefined, own.record.device));
        ghosts.set(log.account, ghost);
        logs.push(ghost.log, { ...log, root: 1 });
      }
      return { logs };
    };
    const bob = await stock(at.person('bob'));
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const ghost = ghosts.get(bob.id);
    if (ghost === undefined) throw new Error('not told');
    // Both see the same number.
    expect((await alice.core.identity(bob.id)).safetyNumber).toBe((await bob.core.identity(alice.id)).safetyNumber);

    const log = await ShadowLog.of(alice, id);
    const group = await groupOf(alice, id);
    const joined = await ghost.engine.joinExternal(group.groupInfo);
    log.group = { ...later(group.at, 1), groupInfo: unshared(await ghost.engine.groupInfo(joined.state)) };
    let put = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || put) return undefined;
      put = true;
      log.tell({ ...commitTold(ghost, joined, group.at, true), device: crypto.randomUUID() as Ghost['device'] });
      return { code: 'not_in_group', detail: {} };
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for ghosts' });
    await alice.until('alice to be back', () => alice.security(id).includes('rejoined'));
    await aWhile();
    await aWhile();
    const read = await overheard(ghost.engine, joined.state, log.sent);
    expect(read.filter((text) => text.includes('not for ghosts'))).toEqual([]);
  });
});
