import { type GroupState, readStoredStates, storedChanges } from '@undertone/mls';
import { type EntryId, type Epoch, type Seq, toBase64url } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unshared } from '../src/bytes.ts';
import { type ContentDocument, encodeDocument } from '../src/content/document.ts';
import { pad } from '../src/content/padding.ts';
import { sealedContext } from '../src/room/open-message.ts';
import { changeEntries } from './changed-entries.ts';
import { newThread, stock } from './meeting.ts';
import { newEntryId, world } from './people.ts';
import { recordOf, stolen } from './stolen.ts';

/** The state as one that shares nothing with it. */
function copyOf(state: GroupState): GroupState {
  const records = storedChanges({}, { state }).flatMap(({ key, value }): [string, Uint8Array][] =>
    value === undefined ? [] : [[key, value]],
  );
  const { state: copy } = readStoredStates(new Map(records));
  if (copy === undefined) throw new Error('no copy');
  return copy;
}

describe('a malicious member', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it('C3 C4 documents of unknown kinds, nonsense and bombs are visible rows', async () => {
    const alice = await stocked('alice');
    const mallory = await stocked('mallory');
    const id = await newThread(mallory, alice);
    await mallory.say(id, 'hello');
    await alice.reads(id, 'hello');
    const bomb = new Uint8Array(5_000);
    for (let i = 0; i < bomb.length; i += 5) bomb.set([0xdd, 0x01, 0xff, 0xff, 0xff], i);
    const { engine, record, state } = await stolen(mallory, id);
    const generation = record.group?.generation;
    if (generation === undefined) throw new Error('no group');
    let next = state;
    const seal = async (plaintext: Uint8Array, entry: EntryId) => {
      const sealed = await engine.encrypt(next, plaintext, sealedContext(id, generation, entry));
      next = sealed.state;
      return unshared(sealed.message);
    };
    const poll = pad(new TextEncoder().encode('{"v":1,"type":"poll","question":"?"}'));
    const later = pad(new TextEncoder().encode('{"v":2,"type":"text","text":"hi"}'));
    const huge = encodeDocument({ v: 1, type: 'text', text: 'x'.repeat(20_000) });
    const entries = Array.from({ length: 5 }, () => crypto.randomUUID() as EntryId);
    const bodies: Uint8Array<ArrayBuffer>[] = [];
    for (const [i, document] of [poll, later, huge, pad(bomb)].entries()) {
      bodies.push(await seal(document, entries[i] as EntryId));
    }
    bodies.push(bomb);
    mallory.outgoing = (frame) => {
      if (frame.type !== 'send' || frame.room !== id) return frame;
      return { ...frame, body: bodies[entries.indexOf(frame.id)] ?? frame.body };
    };
    for (const entry of entries) await mallory.core.sendText(id, { id: entry, text: 'not this' });
    await alice.until('all rows', () => alice.unreadable(id).length === 5);
    expect(alice.unreadable(id)).toEqual([
      'newer_version',
      'newer_version',
      'undecryptable',
      'undecryptable',
      'undecryptable',
    ]);
    const { id: lobby } = await alice.lobby();
    const startedAt = performance.now();
    mallory.outgoing = (frame) =>
      frame.type === 'send' && frame.kind === 'message' ? { ...frame, body: bomb } : frame;
    await mallory.core.sendText(lobby, { id: newEntryId(), text: 'not this' });
    await alice.until('the bomb', () => alice.unreadable(lobby).length === 1);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await alice.say(lobby, 'still here');
  });

  it('C5 C7 C8 C9 C10 what is done to the messages of others, or to none, has no effect', async () => {
    const alice = await stocked('alice');
    const mallory = await stocked('mallory');
    const id = await newThread(mallory, alice);
    await alice.say(id, 'as I said it');
    await mallory.reads(id, 'as I said it');
    const said = mallory.shown(id).find((row) => row.kind === 'message' && row.text === 'as I said it');
    if (said?.kind !== 'message' || said.seq === null) throw new Error('not read');
    const target = { seq: said.seq, device: said.device, id: said.id };
    const elsewhere = { ...target, id: newEntryId() };
    const ahead = { ...target, seq: 1_000_000 as Seq };
    const far = 2 ** 40;
    const documents: ContentDocument[] = [
      { v: 1, type: 'edit', target, text: 'as I never said it' },
      { v: 1, type: 'delete', target },
      { v: 1, type: 'react', target: elsewhere, emoji: '👎', on: true },
      { v: 1, type: 'react', target: ahead, emoji: '👎', on: true },
      { v: 1, type: 'answer', target, answer: 'received' },
      { v: 1, type: 'pin', target: elsewhere, on: false, known: [] },
      { v: 1, type: 'receipt', delivered: far as Seq, read: far as Seq },
    ];
    const { engine, record, state } = await stolen(mallory, id);
    const generation = record.group?.generation;
    if (generation === undefined) throw new Error('no group');
    let next = state;
    const bodies = new Map<EntryId, Uint8Array<ArrayBuffer>>();
    for (const document of documents) {
      const entry = newEntryId();
      const sealed = await engine.encrypt(next, encodeDocument(document), sealedContext(id, generation, entry));
      next = sealed.state;
      bodies.set(entry, unshared(sealed.message));
    }
    const before = alice.findRoom((room) => room.id === id);
    mallory.outgoing = (frame) =>
      frame.type === 'send' && frame.room === id ? { ...frame, body: bodies.get(frame.id) ?? frame.body } : frame;
    for (const entry of bodies.keys()) await mallory.core.sendText(id, { id: entry, text: 'not this' });
    await alice.until('the last of them', () => {
      return alice.findRoom((room) => room.id === id)?.receipts.some((receipt) => receipt.read === far);
    });
    expect(alice.texts(id)).toEqual(['as I said it']);
    expect(alice.shown(id).find((row) => row.key.endsWith(said.id))).toMatchObject({
      text: 'as I said it',
      deleted: false,
      earlier: [],
      reactions: [],
    });
    expect(alice.shown(id).filter((row) => row.kind === 'unreadable')).toEqual([]);
    const after = alice.findRoom((room) => room.id === id);
    expect(after).toMatchObject({ unread: 0, unreadMentions: 0, pins: [], lastActivityAt: before?.lastActivityAt });
    await alice.say(id, 'and still here');
  });

  it('R6 one who leaves and is removed reads nothing more with all keys and frames that there were', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await newThread(alice, bob, carol);
    await alice.say(id, 'for three');
    await carol.reads(id, 'for three');
    const { engine, state } = await stolen(carol, id);
    const bodies: Uint8Array[] = [];
    const commits: Uint8Array[] = [];
    changeEntries(bob, (entry) => {
      if (entry.kind === 'message') bodies.push(entry.body);
      if (entry.kind === 'commit') commits.push(entry.body);
      return [entry];
    });
    await carol.core.leaveRoom(id);
    await alice.say(id, 'for two');
    await bob.reads(id, 'for two');
    const [commit] = commits;
    const last = bodies.at(-1);
    if (commit === undefined || last === undefined) throw new Error('nothing was captured');
    await expect(engine.decrypt(state, last)).rejects.toMatchObject({ code: 'wrong_epoch' });
    const after = await engine.processCommit(copyOf(state), commit);
    expect(after.removedSelf).toBe(true);
    await expect(engine.decrypt(after.state, last)).rejects.toMatchObject({ code: 'removed' });
  });

  it('R9 a thief of the profile as it was before cannot use a key twice: what was sealed is on disk first', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const id = await newThread(alice, bob);
    const bodies: string[] = [];
    alice.outgoing = (frame) => {
      if (frame.type === 'send' && frame.room === id) {
        bodies.push(toBase64url(frame.body));
        if (bodies.length === 1) throw new TypeError('power cut');
      }
      return frame;
    };
    await alice.core.sendText(id, { id: newEntryId(), text: 'sealed once' });
    await expect.poll(() => bodies.length, { interval: 5 }).toBeGreaterThan(0);
    await alice.reload();
    await alice.until('the connection', () => alice.snapshot?.connection.state === 'online');
    await bob.reads(id, 'sealed once');
    expect(new Set(bodies).size).toBe(1);
    expect(bodies.length).toBeGreaterThan(1);
    const { group } = await recordOf(alice, id);
    expect(group?.epoch).toBe(1 as Epoch);
  });
});
