import type { PendingCommit } from '@undertone/mls/profile';
import type { AccountId, RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { type Ghost, makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { aWhile, deviceIn, groupOf, later, leafOf } from './shadow-group.ts';
import { commitTold, type EpochAt, ShadowLog, type Told } from './shadow-log.ts';
import { stolen } from './stolen.ts';

const stranger = (name: string) => makeGhost(crypto.randomUUID() as AccountId, 0, name);

/** What the rows say of who came and went, and by whom. */
const changes = (person: Person, room: RoomId) =>
  person.shown(room).flatMap((row) => (row.kind === 'member' ? [[row.event, row.account, row.by]] : []));

describe('a lying server that lets strangers into threads', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** `by` adds `ghost` by a key package; gives what is told of it and the ghost's own state. */
  const adds = async (
    by: Pick<Ghost, 'account' | 'device' | 'engine'>,
    state: PendingCommit['state'],
    ghost: Ghost,
    when: EpochAt,
  ) => {
    const keyPackage = await ghost.engine.createKeyPackage();
    const pending = await by.engine.add(state, [keyPackage.keyPackage]);
    if (pending.welcome === undefined) throw new Error('no welcome');
    const entered = await ghost.engine.joinFromWelcome(pending.welcome, keyPackage);
    return { told: commitTold(by, pending, when) as Told, pending, entered };
  };

  /** X enters from outside, adds Y, and Y removes X. */
  const silentGhost = async (person: Person, room: RoomId) => {
    const [x, y] = [await stranger('xavier'), await stranger('yvonne')];
    plantKeyLogs(person, [x.log, y.log]);
    const group = await groupOf(person, room);
    const joined = await x.engine.joinExternal(group.groupInfo);
    const { told, entered } = await adds(x, joined.state, y, later(group.at, 1));
    const removal = await y.engine.remove(entered, [leafOf(entered, x.account).leafIndex]);
    const entries = [commitTold(x, joined, group.at, true), told, commitTold(y, removal, later(group.at, 2))];
    return { x, y, entries, state: removal.state };
  };

  it('V2 V3 one who enters, adds another and is removed by it in a single push does not vouch for the other', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const { x, y, entries } = await silentGhost(alice, id);
    log.tell(...entries);
    await alice.until('y to be in doubt', () => doubted(alice, id).join() === y.account);
    expect(alice.findRoom((room) => room.id === id)?.doubts).toMatchObject([
      { account: y.account, reason: 'stranger' },
    ]);
    expect(changes(alice, id)).toEqual([
      ['entered', x.account, null],
      ['added', y.account, x.account],
      ['removed', x.account, y.account],
    ]);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for ghosts' });
    await alice.core.typing(id);
    await alice.core.markRead(id, 1_000 as Seq);
    await aWhile();
    expect(log.sent).toEqual([]);
    // Also after a reload.
    await alice.reload();
    await alice.until('y to be in doubt', () => doubted(alice, id).join() === y.account);
    await aWhile();
    expect(log.messages).toEqual([]);

    await alice.core.removeFromThread(id, y.account);
    await alice.until('no doubt', () => doubted(alice, id).length === 0);
    await expect.poll(() => log.messages.length, { timeout: 10_000 }).toBe(1);
    const removal = log.sent.find((frame) => frame.type === 'commit');
    expect(removal).toMatchObject({ removed: [y.device], added: [] });
    // Sealed after the Remove.
    expect(log.messages[0]?.epoch).toBe((removal?.type === 'commit' ? removal.epoch : 0) + 1);
    await alice.open(id);
    expect(changes(alice, id).at(-1)).toEqual(['removed', y.account, alice.id]);
  });

  it('V3 what waited is sent to a stranger only once the person has accepted just this one', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const { y, entries } = await silentGhost(alice, id);
    log.tell(...entries);
    await alice.until('y to be in doubt', () => doubted(alice, id).join() === y.account);
    await alice.core.sendText(id, { id: newEntryId(), text: 'for whom I accept' });
    const root = '00'.repeat(32);
    await expect(alice.core.acceptIdentity(id, y.account, root, root)).rejects.toMatchObject({
      code: 'identity_changed',
    });
    await aWhile();
    expect(log.messages).toEqual([]);
    await accept(alice, id, y.account);
    await expect.poll(() => log.messages.length, { timeout: 10_000 }).toBe(1);
  });

  it('V3 while a stranger is there nobody is added, and no key package is claimed', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const { y, entries } = await silentGhost(alice, id);
    log.tell(...entries);
    await alice.until('y to be in doubt', () => doubted(alice, id).join() === y.account);
    const asked: string[] = [];
    const { answer } = alice;
    alice.answer = (path, body) => {
      asked.push(path);
      return answer(path, body);
    };
    await expect(alice.core.addToThread(id, [carol.id])).rejects.toMatchObject({ code: 'identity_changed' });
    expect(asked).not.toContain('/api/key-packages/claim');
    expect(log.sent).toEqual([]);
    // It goes on once the stranger was accepted.
    await accept(alice, id, y.account);
    await alice.core.addToThread(id, [carol.id]);
    expect(asked).toContain('/api/key-packages/claim');
  });

  it('V2 whom an accepted member adds is accepted, and a row says so', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob);
    await bob.core.addToThread(id, [carol.id]);
    await alice.until('carol', () => alice.findRoom((room) => room.id === id)?.members.includes(carol.id));
    expect(doubted(alice, id)).toEqual([]);
    expect(changes(alice, id)).toEqual([['added', carol.id, bob.id]]);
    await carol.thread();
    await alice.say(id, 'for three');
    await carol.reads(id, 'for three');
  });

  it('V2 a stranger that removes a member and adds it again does not vouch for it', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const { keyPackages } = await alice.rest.claimKeyPackages([bob.id]);
    const keyPackage = Buffer.from(keyPackages[0]?.keyPackage ?? '', 'base64url');
    const x = await stranger('xavier');
    plantKeyLogs(alice, [x.log]);
    const group = await groupOf(alice, id);
    const joined = await x.engine.joinExternal(group.groupInfo);
    const removal = await x.engine.remove(joined.state, [leafOf(joined.state, bob.id).leafIndex]);
    const again = await x.engine.add(removal.state, [new Uint8Array(keyPackage)]);
    log.tell(
      commitTold(x, joined, group.at, true),
      commitTold(x, removal, later(group.at, 1)),
      commitTold(x, again, later(group.at, 2)),
    );
    await alice.until('both to be in doubt', () => doubted(alice, id).length === 2);
    expect(new Set(doubted(alice, id))).toEqual(new Set([bob.id, x.account]));
    expect(changes(alice, id)).toEqual([
      ['entered', x.account, null],
      ['removed', bob.id, x.account],
      ['added', bob.id, x.account],
    ]);
    await alice.core.removeFromThread(id, x.account);
    await alice.until('bob to be in doubt', () => doubted(alice, id).join() === bob.id);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not yet' });
    await aWhile();
    expect(log.messages).toEqual([]);
    await accept(alice, id, bob.id);
    await expect.poll(() => log.messages.length, { timeout: 10_000 }).toBe(1);
  });

  it('V2 who was removed is a stranger when they enter again', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob, carol);
    const thief = await stolen(carol, id);
    await alice.core.removeFromThread(id, carol.id);
    await bob.until('carol to be gone', () => bob.findRoom((room) => room.id === id)?.members.length === 2);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const group = await groupOf(alice, id);
    const joined = await thief.engine.joinExternal(group.groupInfo);
    const device = deviceIn(joined.state, carol.id);
    log.tell(commitTold(device, joined, group.at, true));
    await alice.until('carol to be in doubt', () => doubted(alice, id).join() === carol.id);
    expect(changes(alice, id).slice(-2)).toEqual([
      ['removed', carol.id, alice.id],
      ['entered', carol.id, null],
    ]);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for who was removed' });
    await aWhile();
    expect(log.messages).toEqual([]);
  });

  it('R4 V3 an external commit that is told as an ordinary one vouches for nobody', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const x = await stranger('xavier');
    plantKeyLogs(alice, [x.log]);
    const group = await groupOf(alice, id);
    const joined = await x.engine.joinExternal(group.groupInfo);
    log.group = { ...later(group.at, 1), groupInfo: unshared(await x.engine.groupInfo(joined.state)) };
    log.tell(commitTold(x, joined, group.at, false));
    await alice.until('the refusal', () => alice.security(id).includes('keys_refused'));
    await alice.until('x to be in doubt', () => doubted(alice, id).join() === x.account);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for ghosts' });
    await aWhile();
    expect(log.messages).toEqual([]);
  });

  it('V2 K8 a device that is not its account’s any more vouches for nobody', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const { engine, state } = await stolen(bob, id);
    const log = await ShadowLog.of(alice, id);
    // Bob started anew, and alice has looked: the device that he lost speaks for him no more.
    const anew = await makeGhost(bob.id, 1, 'bob');
    const y = await stranger('yvonne');
    plantKeyLogs(alice, [anew.log, y.log]);
    alice.receive({ type: 'account', profile: await profileOf(alice, bob.id), root: 1 });
    await alice.until('bob to be changed', () => doubted(alice, id).join() === bob.id);
    const lost = deviceIn(state, bob.id);
    const group = await groupOf(alice, id);
    const { told } = await adds({ ...lost, engine }, state, y, group.at);
    const { root, head } = await alice.core.identity(bob.id);
    await alice.core.acceptIdentity(null, bob.id, root, head);
    // Before she gets round to removing it.
    log.tell(told);
    await alice.until('y to be in doubt', () => doubted(alice, id).join() === y.account);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for thieves' });
    await aWhile();
    expect(log.messages).toEqual([]);
  });

  it.each([
    ['was removed', false],
    ['left, as the server says, and was removed', true],
  ])('V2 who %s while this device was out is not accepted any more when it is back', async (_what, told) => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const [bobs, carols] = [await stolen(bob, id), await stolen(carol, id)];
    const group = await groupOf(alice, id);
    const log = await ShadowLog.of(alice, id);
    const removal = await bobs.engine.remove(bobs.state, [leafOf(bobs.state, carol.id).leafIndex]);
    const removed = { ...later(group.at, 1), groupInfo: unshared(await bobs.engine.groupInfo(removal.state)) };
    // Alice is put out, and finds the thread without carol when she comes back.
    log.group = removed;
    let refused = false;
    log.refuse = (frame) => {
      if (frame.type !== 'send' || refused) return undefined;
      refused = true;
      const bobsDevice = deviceIn(bobs.state, bob.id);
      const commit = commitTold(bobsDevice, removal, group.at);
      const left: Told = { kind: 'notice', event: 'left', ...group.at, account: carol.id, devices: [] };
      log.tell(...(told ? [left] : []), { ...commit, body: commit.body.map(() => 7) });
      return { code: 'not_in_group', detail: {} };
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'for bob' });
    await alice.until('alice to be back', () => alice.security(id).includes('rejoined'));
    // Bob's leaf is another one since his commit, which she could not follow.
    await alice.until('bob to be in doubt', () => doubted(alice, id).join() === bob.id);
    expect(alice.findRoom((room) => room.id === id)?.doubts).toMatchObject([{ reason: 'missed' }]);
    await accept(alice, id, bob.id);
    await expect.poll(() => log.messages.length, { timeout: 10_000 }).toBeGreaterThan(1);
    const present = await groupOf(alice, id);
    const joined = await carols.engine.joinExternal(present.groupInfo);
    log.tell(commitTold(deviceIn(joined.state, carol.id), joined, present.at, true));
    await alice.until('carol to be in doubt', () => doubted(alice, id).join() === carol.id);
  });
});

async function profileOf(person: Person, account: AccountId) {
  const profile = await person.until('a profile', () => person.snapshot?.people.find(({ id }) => id === account));
  const { trust: _trust, alike: _alike, ...rest } = profile;
  return rest;
}
