import { safetyNumber, verifyKeyLog } from '@undertone/identity';
import { type AccountId, type DeviceId, type KeyLog, type KeyLogList, toBase64url } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDevice } from '../src/session/device.ts';
import { type Ghost, makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { aWhile, deviceIn, groupOf, leafOf } from './shadow-group.ts';
import { commitTold, ShadowLog } from './shadow-log.ts';
import { stolen } from './stolen.ts';

describe('a lying server and who is who', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** The device that the first entry of a true key log names; the account's first device has made it. */
  const deviceOf = async (person: Person): Promise<DeviceId> => {
    const device = await readDevice(await person.vaults.open(person.id));
    if (device === undefined) throw new Error('no device');
    return device.record.device;
  };

  /**
   * A man in the middle: beside each true key log stands a false one. `order` gives the logs as the server tells them; false ones name `device`
   * of the account, if one is given.
   */
  const inTheMiddle = (
    person: Person,
    order: (ghost: KeyLog, log: KeyLog) => KeyLog[],
    devices: ReadonlyMap<AccountId, DeviceId>,
  ) => {
    const ghosts = new Map<AccountId, Ghost>();
    person.answer = async (path, body) => {
      if (path !== '/api/key-logs') return body;
      const logs: KeyLog[] = [];
      for (const log of (body as KeyLogList).logs) {
        const device = devices.get(log.account);
        const ghost = ghosts.get(log.account) ?? (await makeGhost(log.account, 0, undefined, device));
        ghosts.set(log.account, ghost);
        logs.push(...order(ghost.log, log).map((one, root) => ({ ...one, root })));
      }
      return { logs };
    };
    return ghosts;
  };

  /** The number as both see it who are not lied to. */
  const trueNumber = async (one: Person, other: Person) => {
    const half = async (person: Person) => {
      const device = await readDevice(await person.vaults.open(person.id));
      if (device?.record.logEntry === undefined) throw new Error('no log');
      const { root } = await verifyKeyLog(person.id, [device.record.logEntry]);
      return { account: person.id, root };
    };
    return await safetyNumber(await half(one), await half(other));
  };

  it('I6 I10 K9 with false logs of the same devices beside the true ones, the number is that of the keys in use', async () => {
    const [alice, bob] = [at.person('alice'), at.person('bob')];
    await stock(alice);
    const devices = new Map<AccountId, DeviceId>([[alice.id, await deviceOf(alice)]]);
    // The server begins before they meet.
    const falseToBob = inTheMiddle(bob, (ghost, log) => [ghost, log], devices);
    let bobsDevice: DeviceId | undefined;
    alice.answer = async (path, body) => {
      if (path !== '/api/key-logs') return body;
      const logs: KeyLog[] = [];
      for (const log of (body as KeyLogList).logs) {
        if (log.account === bob.snapshot?.session.me?.id) {
          bobsDevice ??= await deviceOf(bob);
          falseBob ??= await makeGhost(log.account, 0, 'bob', bobsDevice);
          logs.push({ ...falseBob.log, root: 0 }, { ...log, root: 1 });
        } else if (log.account === alice.id) {
          falseAlice ??= await makeGhost(alice.id, 0, 'alice', devices.get(alice.id));
          logs.push({ ...falseAlice.log, root: 0 }, { ...log, root: 1 });
        } else logs.push(log);
      }
      return { logs };
    };
    let falseBob: Ghost | undefined;
    let falseAlice: Ghost | undefined;
    await stock(bob);
    const id = await threadOf(alice, bob);
    const [seen, other] = [await alice.core.identity(bob.id), await bob.core.identity(alice.id)];
    const expected = await trueNumber(alice, bob);
    expect(falseBob).toBeDefined();
    expect(falseToBob.has(alice.id)).toBe(true);
    expect([seen.safetyNumber, other.safetyNumber]).toEqual([expected, expected]);

    // What is compared is what is used: the false key enters no group that alice is in.
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const ghost = falseBob as unknown as Ghost;
    const group = await groupOf(alice, id);
    const joined = await ghost.engine.joinExternal(group.groupInfo, { resync: true });
    log.tell(commitTold(ghost, joined, group.at, true));
    await alice.until('the refusal', () => alice.security(id).includes('keys_refused'));
  });

  it('I9 I10 a key package with another key than the number shows is refused', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const ghost = await makeGhost(bob.id, 0, 'bob', await deviceOf(bob));
    const { keyPackage } = await ghost.engine.createKeyPackage();
    alice.answer = (path, body) =>
      path === '/api/key-packages/claim'
        ? { keyPackages: [{ account: bob.id, device: ghost.device, keyPackage: toBase64url(keyPackage) }] }
        : body;
    const sent: string[] = [];
    alice.outgoing = (frame) => {
      sent.push(frame.type);
      return frame;
    };
    await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'identity_changed' });
    expect((await alice.core.identity(bob.id)).trust).toBe('known');
    // With the log that names it, too, which is a change.
    plantKeyLogs(alice, [ghost.log]);
    await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'identity_changed' });
    expect((await alice.core.identity(bob.id)).trust).toBe('changed');
    expect(sent).not.toContain('create_thread');
  });

  it('I6 with the false log as the newest, the numbers differ', async () => {
    const alice = await stocked('alice');
    const bob = at.person('bob');
    inTheMiddle(bob, (ghost, log) => (log.account === alice.id ? [log, ghost] : [log]), new Map());
    await stock(bob);
    await alice.until('bob', () => alice.snapshot?.people.some(({ id }) => id === bob.id));
    const [seen, other] = [await alice.core.identity(bob.id), await bob.core.identity(alice.id)];
    expect(seen.safetyNumber).not.toBe(other.safetyNumber);
  });

  it('I8 nothing reaches a device that only the server calls a former one, typing included', async () => {
    const bob = await stocked('bob');
    const alice = at.person('alice');
    const ghosts = inTheMiddle(alice, (ghost, log) => (log.account === bob.id ? [ghost, log] : [log]), new Map());
    await stock(alice);
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const ghost = ghosts.get(bob.id);
    if (ghost === undefined) throw new Error('not told');
    expect((await alice.core.identity(bob.id)).safetyNumber).toBe(await trueNumber(alice, bob));
    const log = await ShadowLog.of(alice, id);
    const group = await groupOf(alice, id);
    const joined = await ghost.engine.joinExternal(group.groupInfo);
    // The Remove is refused, so that the ghost stays.
    log.refuse = (frame) => (frame.type === 'commit' ? { code: 'rate_limited', detail: {} } : undefined);
    await log.applied(log.tell(commitTold(ghost, joined, group.at, true)));
    await alice.core.typing(id);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for ghosts' });
    await expect.poll(() => log.sent.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await alice.core.typing(id);
    await aWhile();
    expect(new Set(log.sent.map(({ type }) => type))).toEqual(new Set(['commit']));
    log.refuse = () => undefined;
    await expect.poll(() => log.messages.length, { timeout: 15_000 }).toBe(1);
    const { state } = await stolen(alice, id);
    expect(() => leafOf(state, bob.id)).not.toThrow();
    expect(deviceIn(state, bob.id).device).not.toBe(ghost.device);
  });

  it('I5 V1 a mark or an acceptance names the root that was on the screen, and fails where it changed', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    const shown = await alice.core.identity(bob.id);
    const other = 'ab'.repeat(32);
    await expect(alice.core.setVerified(bob.id, other, true)).rejects.toMatchObject({ code: 'identity_changed' });
    // While the dialog is open, the server shows another root.
    const ghost = await makeGhost(bob.id, 1, 'bob');
    plantKeyLogs(alice, [ghost.log]);
    alice.receive({ type: 'account', profile: await profileOf(alice, bob.id), root: 1 });
    await alice.until('bob to be changed', () => doubted(alice, id).join() === bob.id);
    await expect(alice.core.setVerified(bob.id, shown.root, true)).rejects.toMatchObject({ code: 'identity_changed' });
    await expect(alice.core.acceptIdentity(id, bob.id, shown.root, shown.head)).rejects.toMatchObject({
      code: 'identity_changed',
    });
    const now = await alice.core.identity(bob.id);
    expect([now.trust, now.root === shown.root]).toEqual(['changed', false]);
    await expect(alice.core.acceptIdentity(id, bob.id, now.root, other)).rejects.toMatchObject({
      code: 'identity_changed',
    });
    expect(doubted(alice, id)).toEqual([bob.id]);
    await alice.core.setVerified(bob.id, now.root, true);
    expect((await alice.core.identity(bob.id)).trust).toBe('verified');
  });

  it('V1 a new identity that is accepted in one thread is asked about in the others, and nobody is added before', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const carol = await stocked('carol');
    const one = await threadOf(alice, bob);
    const two = await alice.core.startThread([bob.id, carol.id]);
    await alice.ready((room) => room.id === two);
    await alice.say(two, 'for three');
    await bob.reads(two, 'for three');
    const logs = [await ShadowLog.of(alice, one), await ShadowLog.of(alice, two)] as const;
    const ghost = await makeGhost(bob.id, 1, 'bob');
    plantKeyLogs(alice, [ghost.log]);
    for (const [i, room] of [one, two].entries()) {
      const { groupInfo, at: present } = await groupOf(alice, room);
      const joined = await ghost.engine.joinExternal(groupInfo);
      logs[i as 0 | 1].tell(commitTold(ghost, joined, present, true));
      await alice.until('bob to be changed', () => doubted(alice, room).join() === bob.id);
    }
    const dave = await stocked('dave');
    await expect(alice.core.startThread([bob.id, dave.id])).rejects.toMatchObject({ code: 'identity_changed' });
    await expect(alice.core.addToThread(two, [dave.id])).rejects.toMatchObject({ code: 'identity_changed' });
    for (const room of [one, two]) await alice.core.sendText(room, { id: newEntryId(), text: `in ${room}` });
    await accept(alice, one, bob.id);
    await expect.poll(() => logs[0].messages.length, { timeout: 15_000 }).toBe(1);
    await aWhile();
    expect(logs[1].messages).toEqual([]);
    expect(doubted(alice, two)).toEqual([bob.id]);
    await expect(alice.core.addToThread(two, [dave.id])).rejects.toMatchObject({ code: 'identity_changed' });
    await accept(alice, two, bob.id);
    await expect.poll(() => logs[1].messages.length, { timeout: 15_000 }).toBe(1);
  });

  it('K9 V3 one who uses this person’s own name is removed, and no thread stays blocked', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const ghost = await makeGhost(alice.id, 1, 'alice');
    plantKeyLogs(alice, [ghost.log]);
    const group = await groupOf(alice, id);
    const joined = await ghost.engine.joinExternal(group.groupInfo);
    log.tell(commitTold(ghost, joined, group.at, true));
    await alice.until('a change', () => doubted(alice, id).join() === alice.id);
    const doubt = alice.findRoom((room) => room.id === id)?.doubts[0];
    expect(doubt?.reason).toBe('impostor');
    await expect(alice.core.acceptIdentity(id, alice.id, doubt?.root ?? '', doubt?.head ?? '')).rejects.toMatchObject({
      code: 'identity_changed',
    });
    // Nor is its number marked as compared, which would accept it too.
    await expect(alice.core.setVerified(alice.id, doubt?.root ?? '', true)).rejects.toMatchObject({
      code: 'identity_changed',
    });
    await alice.core.sendText(id, { id: newEntryId(), text: 'for bob' });
    await alice.core.removeFromThread(id, alice.id);
    await expect.poll(() => log.messages.length, { timeout: 15_000 }).toBe(1);
    expect(log.sent.find(({ type }) => type === 'commit')).toMatchObject({ removed: [ghost.device] });
    expect(doubted(alice, id)).toEqual([]);
    await expect(alice.core.removeFromThread(id, alice.id)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

async function profileOf(person: Person, account: AccountId) {
  const profile = await person.until('a profile', () => person.snapshot?.people.find(({ id }) => id === account));
  const { trust: _trust, alike: _alike, ...rest } = profile;
  return rest;
}
