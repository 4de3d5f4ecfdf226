import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { overheard } from './eavesdrop.ts';
import { receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, world } from './people.ts';
import { aWhile, groupOf, later, leafOf } from './shadow-group.ts';
import { ShadowLog } from './shadow-log.ts';
import { stolen } from './stolen.ts';

describe('a server that works together with one who was removed', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  it('V2 who was removed while this device was put out, and let in again unseen, is not accepted when it is back', async () => {
    const [alice, bob, carol] = [
      await stock(at.person('alice')),
      await stock(at.person('bob')),
      await stock(at.person('carol')),
    ];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const [bobs, carols] = [await stolen(bob, id), await stolen(carol, id)];
    const group = await groupOf(alice, id);
    // Bob removes carol; the server lets her in again from outside, and tells alice of neither.
    const removal = await bobs.engine.remove(bobs.state, [leafOf(bobs.state, carol.id).leafIndex]);
    const joined = await carols.engine.joinExternal(unshared(await bobs.engine.groupInfo(removal.state)));
    const log = await ShadowLog.of(alice, id);
    log.group = { ...later(group.at, 2), groupInfo: unshared(await carols.engine.groupInfo(joined.state)) };
    let put = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || put) return undefined;
      put = true;
      return { code: 'not_in_group', detail: {} };
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for carol' });
    await alice.until('alice to be back', () => alice.security(id).includes('rejoined'));
    await aWhile();
    await aWhile();
    const read = await overheard(carols.engine, joined.state, log.sent);
    expect(read.filter((text) => text.includes('not for carol'))).toEqual([]);
  });
});
