import { createRootEntry, type SigningKey, signFounding } from '@undertone/identity';
import { createVersion1Entry } from '@undertone/identity/testing';
import type { GroupState } from '@undertone/mls';
import { epochAuthenticator, members } from '@undertone/mls/profile';
import {
  type AccountId,
  type ClientFrameOf,
  type DeviceId,
  type EntryId,
  type Epoch,
  type FoundEntry,
  type Generation,
  type KeyLog,
  type KeyLogList,
  type RoomId,
  toBase64url,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { encodeDocument } from '../src/content/document.ts';
import { skeletonOf } from '../src/identity/username-skeleton.ts';
import { groupIdOf } from '../src/room/group-id.ts';
import { sha256Of } from '../src/room/log-hash.ts';
import { sealedContext } from '../src/room/open-message.ts';
import { deviceOf } from '../src/room/roster.ts';
import { readDevice } from '../src/session/device.ts';
import { type Ghost, makeGhost, plantKeyLogs } from './ghost.ts';
import { accept, doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { aWhile, groupOf, later } from './shadow-group.ts';
import { commitTold, ShadowLog } from './shadow-log.ts';
import { stolen } from './stolen.ts';

describe('a lying server and logs that conflict', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  const deviceFrom = async (person: Person): Promise<{ device: DeviceId; key: SigningKey }> => {
    const stored = await readDevice(await person.vaults.open(person.id));
    if (stored === undefined) throw new Error('no device');
    return { device: stored.record.device, key: stored.key };
  };

  /** What the server tells this person of an account's logs from now on. */
  const tellLogs = (person: Person, account: AccountId, told: (genuine: KeyLog) => readonly KeyLog[]) => {
    person.answer = (path, body) => {
      if (path !== '/api/key-logs') return body;
      const logs = (body as KeyLogList).logs.flatMap((log) => (log.account === account ? told(log) : [log]));
      return { logs: logs.map((log, root) => ({ ...log, root })) };
    };
  };

  /** They met in the lobby already: a browser that meets the account only now is what the server waits for. */
  const meetsAgain = async (person: Person, account: AccountId) => {
    await (await person.vaults.open(person.id)).write([{ store: 'identities', key: account }]);
    await person.reload();
    await person.lobby();
  };

  const sentBy = (person: Person): string[] => {
    const sent: string[] = [];
    const before = person.outgoing;
    person.outgoing = (frame) => {
      sent.push(frame.type);
      return before(frame);
    };
    return sent;
  };

  /** Alice was shown a false log of Bob's at first sight, of his very device, so the ghost is in the thread that she starts with him. */
  const startedWithGhost = async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const account = bob.id;
    const genuine = await deviceFrom(bob);
    // He would come in from outside, and find out.
    bob.close();
    const ghost = await makeGhost(account, 0, 'bob', genuine.device);
    tellLogs(alice, account, () => [ghost.log]);
    await meetsAgain(alice, account);
    const made = await ghost.engine.createKeyPackage();
    const { answer } = alice;
    const claimed = { account, device: ghost.device, keyPackage: toBase64url(made.keyPackage) };
    alice.answer = (path, body) =>
      path === '/api/key-packages/claim' ? { keyPackages: [claimed] } : answer(path, body);
    let created: ClientFrameOf<'create_thread'> | undefined;
    alice.outgoing = (frame) => {
      if (frame.type === 'create_thread') created = frame;
      return frame;
    };
    const id = await alice.core.startThread([account]);
    await alice.thread();
    if (created === undefined) throw new Error('no thread was created');
    const state = await ghost.engine.joinFromWelcome(created.welcome, made);
    alice.answer = (_path, body) => body;
    return { alice, bob: { account, ...genuine }, ghost, id, state, log: await ShadowLog.of(alice, id) };
  };

  /** Tell the person of something that the ghost says in a thread. */
  const says = async (log: ShadowLog, person: Person, room: RoomId, ghost: Ghost, state: GroupState, text: string) => {
    const { at: present } = await groupOf(person, room);
    const entry = newEntryId();
    const context = sealedContext(room, present.generation, entry);
    const sealed = await ghost.engine.encrypt(state, encodeDocument({ v: 1, type: 'text', text }), context);
    const { account, device } = ghost;
    const body = unshared(sealed.message);
    await log.applied(log.tell({ kind: 'message', ...present, id: entry, account, device, body }));
    return sealed.state;
  };

  it('I5 I10 a false log at first sight is a change when the true one comes, and the person gets to the true Bob', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const ghost = await makeGhost(bob.id, 0, 'bob', (await deviceFrom(bob)).device);
    tellLogs(alice, bob.id, () => [ghost.log]);
    await meetsAgain(alice, bob.id);
    const atFirst = await alice.core.identity(bob.id);
    const genuine = (await bob.core.identity(alice.id)).safetyNumber;
    expect([atFirst.trust, atFirst.safetyNumber === genuine]).toEqual(['known', false]);

    tellLogs(alice, bob.id, (log) => [ghost.log, log]);
    const sent = sentBy(alice);
    await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'identity_changed' });
    const now = await alice.core.identity(bob.id);
    expect([now.trust, now.safetyNumber]).toEqual(['changed', genuine]);
    await expect(alice.core.acceptIdentity(null, bob.id, atFirst.root, atFirst.head)).rejects.toMatchObject({
      code: 'identity_changed',
    });
    expect(sent).not.toContain('create_thread');

    await alice.core.acceptIdentity(null, bob.id, now.root, now.head);
    const id = await threadOf(alice, bob);
    await bob.say(id, 'it is me');
    await alice.reads(id, 'it is me');
    // The false log beside the true one is no news after a reload either.
    await alice.reload();
    const after = await alice.core.identity(bob.id);
    expect([after.trust, after.safetyNumber]).toEqual(['known', genuine]);
    expect(doubted(alice, id)).toEqual([]);
  });

  it('I4 I10 the key of a log that conflicts opens no group before it is accepted, and the thread is paused', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const shown = await alice.core.identity(bob.id);
    const ghost = await makeGhost(bob.id, 1, 'bob', (await deviceFrom(bob)).device);
    tellLogs(alice, bob.id, (genuine) => [genuine, ghost.log]);
    const now = await alice.core.identity(bob.id);
    expect([now.trust, now.safetyNumber === shown.safetyNumber]).toEqual(['changed', false]);
    await alice.until('bob to be changed', () => doubted(alice, id).join() === bob.id);
    await alice.core.sendText(id, { id: newEntryId(), text: 'not for ghosts' });
    await alice.core.typing(id);
    const { groupInfo, at: present } = await groupOf(alice, id);
    const joined = await ghost.engine.joinExternal(groupInfo, { resync: true });
    log.tell(commitTold(ghost, joined, present, true));
    await alice.until('the refusal', () => alice.security(id).includes('keys_refused'));
    expect(log.sent.filter(({ type }) => type === 'send' || type === 'signal')).toEqual([]);
    // The number of the one who has been Bob all along is not marked in the place of what is shown.
    await expect(alice.core.setVerified(bob.id, shown.root, true)).rejects.toMatchObject({ code: 'identity_changed' });
  });

  it('I10 V1 a leaf with the key of a log that is not accepted any more is in doubt until it is removed', async () => {
    const { alice, bob, ghost, id, log, ...entered } = await startedWithGhost();
    let { state } = entered;
    state = await says(log, alice, id, ghost, state, 'i am bob');
    await alice.reads(id, 'i am bob');
    await alice.core.identity(bob.account);
    await alice.until('bob to be changed', () => doubted(alice, id).join() === bob.account);
    await accept(alice, id, bob.account);
    expect((await alice.core.identity(bob.account)).trust).toBe('known');
    // The leaf in the thread has the accepted device's id, and another key.
    const before = log.messages.length;
    await alice.core.sendText(id, { id: newEntryId(), text: 'for the true bob' });
    await says(log, alice, id, ghost, state, 'i am still bob');
    await aWhile();
    expect(alice.findRoom((room) => room.id === id)?.doubts).toMatchObject([
      { account: bob.account, reason: 'impostor' },
    ]);
    expect(log.messages.length).toBe(before);
    expect([alice.texts(id).includes('i am still bob'), alice.unreadable(id)]).toEqual([false, ['forged']]);

    await alice.core.removeFromThread(id, bob.account);
    await expect.poll(() => log.messages.length, { timeout: 15_000 }).toBe(before + 1);
    expect(log.sent.filter(({ type }) => type === 'commit')).toMatchObject([{ removed: [ghost.device] }]);
    expect(doubted(alice, id)).toEqual([]);
    expect(members((await stolen(alice, id)).state).map((leaf) => deviceOf(leaf).account)).toEqual([alice.id]);
  });

  it('I10 R13 with the key of a log that is not accepted any more nobody founds a group, with the accepted one Bob does', async () => {
    const { alice, bob, ghost, id, log } = await startedWithGhost();
    await alice.core.identity(bob.account);
    await alice.until('bob to be changed', () => doubted(alice, id).join() === bob.account);
    await accept(alice, id, bob.account);
    const founds = async (signer: CryptoKey): Promise<Omit<FoundEntry, 'seq' | 'at'>> => {
      const generation = 2 as Generation;
      const state = await ghost.engine.createGroup(groupIdOf({ id, kind: 'thread', policy: 'sealed' }, generation));
      const authenticator = unshared(epochAuthenticator(state));
      const groupInfoHash = sha256Of(unshared(await ghost.engine.groupInfo(state)));
      const signed = { room: id, generation, last: null, groupInfoHash, authenticator };
      return {
        kind: 'found',
        generation,
        epoch: 0 as Epoch,
        id: crypto.randomUUID() as EntryId,
        account: bob.account,
        device: bob.device,
        authenticator,
        founding: { last: null, groupInfoHash, signature: await signFounding(signer, signed) },
      };
    };
    const refused = await log.applied(log.tell(await founds(ghost.key.privateKey)));
    expect(refused.room.generation).toBe(1);
    await alice.until('the refusal', () => alice.security(id).includes('keys_refused'));
    const followed = await log.applied(log.tell(await founds(bob.key.privateKey)));
    expect(followed.room.generation).toBe(2);
  });

  it('K10 an account whose log is upgraded to a name like that of one who was met before counts as changed', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const mallory = await stocked('mallory');
    expect((await alice.core.identity(bob.id)).trust).toBe('known');
    const { device, key } = await deviceFrom(mallory);
    const logOf = (entry: Uint8Array): KeyLog => ({ account: mallory.id, root: 0, entries: [toBase64url(entry)] });
    const old = logOf(await createVersion1Entry({ account: mallory.id, device }, key));
    tellLogs(alice, mallory.id, () => [old]);
    await meetsAgain(alice, mallory.id);
    const id = await threadOf(alice, mallory);
    await receiptsCame(id, alice, mallory);
    expect((await alice.core.identity(mallory.id)).trust).toBe('known');
    const username = 'b\u043eb';
    const root = { username, skeleton: await skeletonOf(username), time: Date.now() };
    const next = logOf(await createRootEntry({ account: mallory.id, device }, key, root));
    tellLogs(alice, mallory.id, () => [next]);
    const seen = await alice.core.identity(mallory.id);
    expect([seen.trust, seen.username]).toEqual(['changed', username]);
    await alice.until('mallory to be changed', () => doubted(alice, id).join() === mallory.id);
    const sent = sentBy(alice);
    await alice.core.sendText(id, { id: newEntryId(), text: 'for bob, i thought' });
    await aWhile();
    expect(sent).not.toContain('send');
    await accept(alice, id, mallory.id);
    await mallory.reads(id, 'for bob, i thought');
  });

  it("I1 R6 a stranger's device that has the id of this very device is removed like any other who is said to have left", async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const helper = await makeGhost(crypto.randomUUID() as AccountId, 0, 'helper');
    const { device } = await deviceFrom(alice);
    const hidden = await makeGhost(crypto.randomUUID() as AccountId, 0, 'hidden', device);
    plantKeyLogs(alice, [helper.log, hidden.log]);
    const { groupInfo, at: present } = await groupOf(alice, id);
    const entered = await helper.engine.joinExternal(groupInfo);
    const { keyPackage } = await hidden.engine.createKeyPackage();
    const added = await helper.engine.add(entered.state, [keyPackage]);
    log.tell(commitTold(helper, entered, present, true), commitTold(helper, added, later(present, 1)));
    await alice.until('strangers', () => doubted(alice, id).length === 2);
    const left = (account: AccountId) => ({ kind: 'notice', ...later(present, 2), event: 'left', account }) as const;
    log.tell({ ...left(hidden.account), devices: [] }, { ...left(helper.account), devices: [] });
    await alice.core.sendText(id, { id: newEntryId(), text: 'for bob' });
    await expect.poll(() => log.messages.length, { timeout: 15_000 }).toBe(1);
    const { state } = await stolen(alice, id);
    expect(members(state).map((leaf) => deviceOf(leaf).account)).toEqual([alice.id, bob.id]);
  });

  it('I1 R17 a commit of a device that only has the id of this one sets nothing back', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const log = await ShadowLog.of(alice, id);
    const stranger = await makeGhost(crypto.randomUUID() as AccountId, 0, 'stranger', (await deviceFrom(alice)).device);
    plantKeyLogs(alice, [stranger.log]);
    const { groupInfo, at: present } = await groupOf(alice, id);
    const entered = await stranger.engine.joinExternal(groupInfo);
    await log.applied(log.tell(commitTold(stranger, entered, present, true)));
    await alice.until('the stranger', () => doubted(alice, id).join() === stranger.account);
    expect(alice.security(id)).toEqual([]);
    await alice.core.removeFromThread(id, stranger.account);
    await expect.poll(() => doubted(alice, id)).toEqual([]);
    expect(members((await stolen(alice, id)).state).map((leaf) => deviceOf(leaf).account)).toEqual([alice.id, bob.id]);
  });
});
