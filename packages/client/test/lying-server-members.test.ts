import { epochAuthenticator, members, type PendingCommit } from '@undertone/mls/profile';
import {
  type AccountId,
  type ClaimedKeyPackages,
  type CommitEntry,
  type EntryId,
  type KeyLogList,
  type LogEntry,
  type NoticeEntry,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrame,
  toBase64url,
} from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { type ContentDocument, encodeDocument } from '../src/content/document.ts';
import { sealedContext } from '../src/room/open-message.ts';
import { deviceOf } from '../src/room/roster.ts';
import { type Ghost, makeGhost, plantKeyLogs } from './ghost.ts';
import { doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { aWhile, deviceIn } from './shadow-group.ts';
import { recordOf, stolen } from './stolen.ts';

describe('a lying server', () => {
  let at: Awaited<ReturnType<typeof world>>;
  let groupInfo: Uint8Array | undefined;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => {
    const person = at.person(name);
    person.outgoing = (frame) => {
      if ('groupInfo' in frame && frame.groupInfo !== undefined) groupInfo = frame.groupInfo;
      return frame;
    };
    return stock(person);
  };

  /** Tell the person of an external commit that brings the ghost in. */
  const enter = async (ghost: Ghost, person: Person, room: RoomId): Promise<PendingCommit> => {
    if (groupInfo === undefined) throw new Error('no group info was seen');
    const joined = await ghost.engine.joinExternal(groupInfo);
    const { cursor, group } = await recordOf(person, room);
    if (cursor === null || group === null) throw new Error('not in the group');
    const entry: CommitEntry = {
      kind: 'commit',
      seq: (cursor + 1) as Seq,
      at: Date.now(),
      ...group,
      id: crypto.randomUUID() as EntryId,
      account: ghost.account,
      device: ghost.device,
      body: unshared(joined.commit),
      external: true,
      added: [ghost.device],
      removed: [],
      authenticator: unshared(epochAuthenticator(joined.state)),
    };
    person.receive({ type: 'entries', room, entries: [entry] });
    return joined;
  };

  const notSent = async (person: Person, room: RoomId, text: string) => {
    const sends: string[] = [];
    person.outgoing = (frame) => {
      if (frame.type === 'send' && frame.kind === 'message' && frame.room === room) sends.push(frame.id);
      return frame;
    };
    const id = await person.core.sendText(room, { id: newEntryId(), text });
    await aWhile();
    expect(sends).not.toContain(id);
  };

  it('I5 a device of a new root that enters as a contact stops sending', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    const ghost = await makeGhost(bob.id, 1);
    plantKeyLogs(alice, [ghost.log]);
    await enter(ghost, alice, id);
    await alice.until('bob to be changed', () => doubted(alice, id).includes(bob.id));
    await notSent(alice, id, 'not for ghosts');
  });

  it('C7 I5 a device of a new root changes and erases nothing of what was said before it came', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    for (const text of ['pay alice', 'and keep this']) {
      await bob.say(id, text);
      await alice.reads(id, text);
    }
    // The ghost's entries stand where the next ones would.
    await receiptsCame(id, alice, bob);
    const targets = alice
      .shown(id)
      .flatMap((row) =>
        row.kind === 'message' && row.seq !== null && !row.own ? { seq: row.seq, device: row.device, id: row.id } : [],
      );
    const [first, second] = targets;
    if (first === undefined || second === undefined) throw new Error('not read');
    const ghost = await makeGhost(bob.id, 1);
    plantKeyLogs(alice, [ghost.log]);
    let { state } = await enter(ghost, alice, id);
    await alice.until('bob to be changed', () => doubted(alice, id).includes(bob.id));
    const { cursor, group } = await recordOf(alice, id);
    if (cursor === null || group === null) throw new Error('not in the group');
    const documents: ContentDocument[] = [
      { v: 1, type: 'edit', target: second, text: 'forget this' },
      { v: 1, type: 'edit', target: { ...second, device: ghost.device }, text: 'forget this' },
      { v: 1, type: 'delete', target: first },
      { v: 1, type: 'text', text: 'the ghost was here' },
    ];
    const entries: LogEntry[] = [];
    for (const document of documents) {
      const entry = newEntryId();
      const context = sealedContext(id, group.generation, entry);
      const sealed = await ghost.engine.encrypt(state, encodeDocument(document), context);
      state = sealed.state;
      const seq = (cursor + 1 + entries.length) as Seq;
      const { account, device } = ghost;
      const body = unshared(sealed.message);
      entries.push({ kind: 'message', seq, at: Date.now(), ...group, id: entry, account, device, body });
    }
    alice.receive({ type: 'entries', room: id, entries: entries.slice(0, 3) });
    // The conversation list shows the newest message, which an edit reaches as well.
    await expect.poll(async () => (await recordOf(alice, id)).cursor).toBe(cursor + 3);
    expect(alice.findRoom((r) => r.id === id)?.lastMessage).toMatchObject({ text: 'and keep this' });
    alice.receive({ type: 'entries', room: id, entries: entries.slice(3) });
    await alice.reads(id, 'the ghost was here');
    await alice.reload();
    await alice.open(id);
    expect(alice.texts(id)).toEqual(['hello', 'pay alice', 'and keep this', 'the ghost was here']);
  });

  it('I5 a device of a new root that enters as oneself stops sending', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    const ghost = await makeGhost(alice.id, 1);
    plantKeyLogs(alice, [ghost.log]);
    await enter(ghost, alice, id);
    await alice.until('a change', () => doubted(alice, id).includes(alice.id));
    await notSent(alice, id, 'not for ghosts');
  });

  it('I8 a device of a root that was planted as an old one is removed before anything is said', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const ghost = await makeGhost(bob.id, -1);
    // The true root is told as the second: at first sight it is the newest.
    alice.answer = (path, body) => {
      if (path !== '/api/key-logs') return body;
      const logs = (body as KeyLogList).logs.map((log) => (log.account === bob.id ? { ...log, root: 1 } : log));
      return { logs: [{ ...ghost.log, root: 0 }, ...logs] };
    };
    // Bob was met in the lobby already: a browser that meets him only now is what the server waits for.
    const vault = await alice.vaults.open(alice.id);
    await vault.write([{ store: 'identities', key: bob.id }]);
    await alice.reload();
    await alice.lobby();
    const id = await threadOf(alice, bob);
    const { safetyNumber } = await alice.core.identity(bob.id);
    expect(safetyNumber).toBe((await bob.core.identity(alice.id)).safetyNumber);
    await enter(ghost, alice, id);
    await aWhile();
    await notSent(alice, id, 'not for ghosts');
  });

  it('R10 an account that nobody added stops sending until one has looked', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await threadOf(alice, bob);
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0);
    plantKeyLogs(alice, [ghost.log]);
    await enter(ghost, alice, id);
    const room = await alice.until('a stranger', () =>
      alice.findRoom((r) => r.id === id && r.doubts.some(({ account }) => account === ghost.account)),
    );
    expect(room.members).toContain(ghost.account);
    expect(room.doubts).toMatchObject([{ account: ghost.account, reason: 'stranger' }]);
    await notSent(alice, id, 'not for strangers');
    await alice.reload();
    await alice.until('the room', () => doubted(alice, id).includes(ghost.account));
  });

  it('R10 notices make nobody a member, and who is said to have left is removed before anything is said', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const mallory = await stocked('mallory');
    const id = await threadOf(alice, mallory);
    const { cursor, group } = await recordOf(alice, id);
    if (cursor === null || group === null) throw new Error('not in the group');
    const notice = (n: number, event: NoticeEntry['event'], account: AccountId): NoticeEntry => ({
      kind: 'notice',
      seq: (cursor + n) as Seq,
      at: Date.now(),
      ...group,
      event,
      account,
      devices: [],
    });
    alice.receive({
      type: 'entries',
      room: id,
      entries: [notice(1, 'joined', bob.id), notice(2, 'left', mallory.id)],
    });
    await alice.until('mallory to have left', () => alice.findRoom((r) => r.id === id)?.members.length === 1);
    expect(alice.findRoom((r) => r.id === id)?.members).toEqual([alice.id]);
    expect(await alice.core.startThread([bob.id])).not.toBe(id);
    const device = deviceIn((await stolen(alice, id)).state, mallory.id).device;
    const sent: string[] = [];
    alice.outgoing = (frame) => {
      if (frame.type === 'commit') sent.push(...frame.removed);
      if (frame.type === 'send' && frame.kind === 'message') sent.push('message');
      return frame;
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'between us' });
    await alice.until('to send', () => sent.includes('message'));
    expect(sent[0]).toBe(device);
    expect(members((await stolen(alice, id)).state).map((leaf) => deviceOf(leaf).account)).toEqual([alice.id]);
    await aWhile();
    expect(mallory.texts(id)).not.toContain('between us');
  });

  const claims = (person: Person, change: (claimed: ClaimedKeyPackages['keyPackages']) => unknown[]) => {
    const before = person.answer;
    person.answer = (path, body) =>
      path === '/api/key-packages/claim'
        ? { keyPackages: change((body as ClaimedKeyPackages).keyPackages) }
        : before(path, body);
  };

  it("I9 another account's key package in place of the one asked for is refused", async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const mallory = await stocked('mallory');
    const { keyPackages } = await bob.rest.claimKeyPackages([mallory.id]);
    claims(alice, (claimed) => claimed.map((one) => ({ ...one, keyPackage: keyPackages[0]?.keyPackage })));
    await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'identity_changed' });
    claims(alice, () => keyPackages);
    await expect(alice.core.startThread([bob.id])).rejects.toMatchObject({ code: 'identity_changed' });
  });

  it('I9 a key package beside those asked for, or none, is refused, in a new thread and in one there is', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob);
    const ghost = await makeGhost(crypto.randomUUID() as AccountId, 0);
    plantKeyLogs(alice, [ghost.log]);
    const { keyPackage } = await ghost.engine.createKeyPackage();
    const planted = { account: carol.id, device: ghost.device, keyPackage: toBase64url(keyPackage) };
    claims(alice, (claimed) => [...claimed, planted]);
    await expect(alice.core.startThread([carol.id])).rejects.toMatchObject({ code: 'identity_changed' });
    await expect(alice.core.addToThread(id, [carol.id])).rejects.toMatchObject({ code: 'identity_changed' });
    claims(alice, () => []);
    await expect(alice.core.startThread([carol.id])).rejects.toMatchObject({ code: 'no_key_package' });
    await expect(alice.core.addToThread(id, [carol.id])).rejects.toMatchObject({ code: 'no_key_package' });
    expect(alice.findRoom((r) => r.id === id)?.members.length).toBe(2);
  });

  it('R1 a thread that is told as a shared or public room has no group with the others', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const lie = (room: RoomState): RoomState =>
      room.slug === 'lobby' ? room : { ...room, kind: 'public', policy: 'shared' };
    const lying = (frame: ServerFrame): ServerFrame[] => [
      frame.type === 'room' ? { ...frame, room: lie(frame.room) } : frame,
    ];
    alice.incoming = lying;
    bob.incoming = lying;
    const id = await alice.core.startThread([bob.id]);
    const room = await alice.ready((r) => r.id === id);
    expect([room.kind, room.policy]).toEqual(['thread', 'sealed']);
    await alice.say(id, 'for a sealed thread');
    await aWhile();
    expect(bob.findRoom((r) => r.id === id)?.state).not.toBe('ready');
    expect(bob.texts(id)).toEqual([]);
  });
});
