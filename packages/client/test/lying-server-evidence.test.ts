import { epochAuthenticator } from '@undertone/mls/profile';
import type { CommitEntry, EntryId, LogEntry, MessageEntry, NoticeEntry, RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes, unshared } from '../src/bytes.ts';
import { encodeDocument } from '../src/content/document.ts';
import { type Evidence, encodeEvidence } from '../src/content/evidence.ts';
import { sealBox } from '../src/content/signed-box.ts';
import { sealedContext } from '../src/room/open-message.ts';
import { readDevice } from '../src/session/device.ts';
import { changeEntries } from './changed-entries.ts';
import { differenceRows, differences, storedChain } from './differences.ts';
import { doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { recordOf, stolen } from './stolen.ts';

/** What stands in the place of an entry that is withheld. */
const blank = ({ seq, at, generation, epoch, account }: LogEntry): NoticeEntry => ({
  kind: 'notice',
  seq,
  at,
  generation,
  epoch,
  account,
  event: 'joined',
  devices: [],
});

describe('a lying server', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** Keep the next message of `sender` from `person`. */
  const withholdNext = (person: Person, sender: Person, room: RoomId): Promise<void> =>
    new Promise((resolve) => {
      let done = false;
      person.incoming = (frame) => {
        if ((frame.type !== 'entries' && frame.type !== 'page') || (frame.type === 'entries' && frame.room !== room)) {
          return [frame];
        }
        const entries = frame.entries.map((entry) => {
          if (done || entry.kind !== 'message' || entry.account !== sender.id) return entry;
          done = true;
          resolve();
          return blank(entry);
        });
        return [{ ...frame, entries }];
      };
    });

  it('E5 a message that is withheld in a thread shows once for each device, pauses it, and heals at the next commit', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const dave = await stocked('dave');
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const startedAt = Date.now();
    const withheld = withholdNext(bob, carol, id);
    await carol.say(id, 'do not pay');
    await withheld;
    for (const text of ['are you there?', 'and now?']) {
      await alice.say(id, text);
      await bob.reads(id, text);
    }
    await bob.until('a difference', () => differences(bob, id).some(({ account }) => account === alice.id));
    const [row] = differenceRows(bob, id).filter(({ account }) => account === alice.id);
    expect(row?.from).toBeLessThanOrEqual(startedAt);
    expect(row?.to).toBeGreaterThanOrEqual(startedAt);
    // Nothing is sent before bob has looked.
    const sent: EntryId[] = [];
    bob.outgoing = (frame) => {
      if (frame.type === 'send' && frame.kind === 'message') sent.push(frame.id);
      return frame;
    };
    await carol.say(id, 'hello?');
    await bob.until('both differences', () => differences(bob, id).length === 2);
    const waiting = await bob.core.sendText(id, { id: newEntryId(), text: 'I did not hear that' });
    await bob.reload();
    await bob.thread();
    await bob.open(id);
    await expect.poll(() => differences(bob, id).length).toBe(2);
    expect(
      differenceRows(bob, id)
        .map(({ account }) => account)
        .sort(),
    ).toEqual([alice.id, carol.id].sort());
    expect(sent).not.toContain(waiting);
    for (const { key } of differences(bob, id)) await bob.core.passDifference(id, key);
    await alice.reads(id, 'I did not hear that');
    expect(differences(bob, id)).toEqual([]);
    // The others learn it from what he says, and he is told once only.
    for (const person of [alice, carol]) {
      await person.until('a difference', () => differences(person, id).length === 1);
      expect(differenceRows(person, id).map(({ account }) => account)).toEqual([bob.id]);
      for (const { key } of differences(person, id)) await person.core.passDifference(id, key);
    }
    await alice.core.addToThread(id, [dave.id]);
    await dave.thread();
    for (const person of [alice, bob, carol, dave]) {
      const text = `${person.name} after the commit`;
      await person.say(id, text);
      for (const other of [alice, bob, carol, dave]) await other.reads(id, text);
    }
    await receiptsCame(id, alice, bob, carol, dave);
    expect([alice, bob, carol, dave].map((person) => differenceRows(person, id).length)).toEqual([1, 2, 1, 0]);
    expect([alice, bob, carol, dave].flatMap((person) => differences(person, id))).toEqual([]);
  }, 60_000);

  it('E3 E5 a `left` that is withheld shows by the evidence of the commit that removes the leaver', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const id = await threadOf(alice, bob, carol);
    await receiptsCame(id, alice, bob, carol);
    const { group } = await recordOf(bob, id);
    // Only alice removes her, so that the commit is another's to bob.
    changeEntries(bob, (entry) => [entry.kind === 'notice' && entry.event === 'left' ? blank(entry) : entry]);
    await carol.core.leaveRoom(id);
    await bob.until('a difference', () => differences(bob, id).length === 1);
    expect(differences(bob, id)[0]?.key).toBe(
      `${group?.generation}/${group?.epoch}/${(await readDevice(await alice.vaults.open(alice.id)))?.record.device}`,
    );
    // It refuses nothing: bob follows.
    await expect.poll(async () => (await recordOf(bob, id)).group?.epoch).toBe((group?.epoch ?? 0) + 1);
    const members = bob.findRoom((room) => room.id === id)?.members ?? [];
    expect(new Set(members)).toEqual(new Set([alice.id, bob.id]));
  });

  it('E5 messages of a shared room that come in another order, or changed, show, and pause nothing', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id } = await alice.lobby();
    await bob.lobby();
    await alice.say(id, 'hello');
    await bob.reads(id, 'hello');
    // Nothing more comes by itself: the epochs that ended are linked, and both have read that.
    await expect.poll(async () => (await recordOf(alice, id)).unlinked, { timeout: 10_000 }).toEqual([]);
    const { cursor: read } = await recordOf(alice, id);
    await expect.poll(async () => (await recordOf(bob, id)).cursor, { timeout: 10_000 }).toBe(read);
    // The first two messages change places; the first is there only once both are.
    const { cursor } = await recordOf(bob, id);
    const first = (cursor ?? 0) + 1;
    const held = new Map<number, LogEntry>();
    changeEntries(bob, (entry) => {
      if (entry.seq < first || entry.seq > first + 1) return [entry];
      held.set(entry.seq, entry);
      const [one, two] = [held.get(first), held.get(first + 1)];
      if (one === undefined || two === undefined || entry.seq === first) return [];
      return [
        { ...two, seq: one.seq },
        { ...one, seq: two.seq },
      ];
    });
    for (const text of ['Bob:', 'no', 'that was it']) await alice.say(id, text);
    await bob.reads(id, 'that was it');
    // The one that was put before what its sender had sent already cannot stand there.
    expect([bob.texts(id).slice(-2), bob.unreadable(id)]).toEqual([['Bob:', 'that was it'], ['forged']]);
    expect(differenceRows(bob, id).map(({ account }) => account)).toEqual([alice.id]);
    await bob.say(id, 'goes on');
    await alice.reads(id, 'goes on');
    expect(differenceRows(alice, id).map(({ account }) => account)).toEqual([bob.id]);
    // The time at which the server says that a message came is part of it.
    const carol = await stocked('carol');
    await carol.lobby();
    const changed = differenceRows(bob, id).length;
    changeEntries(bob, (entry) => [
      entry.kind === 'message' && entry.account === carol.id ? { ...entry, at: entry.at - 60_000 } : entry,
    ]);
    await carol.say(id, 'when was this?');
    await alice.reads(id, 'when was this?');
    await alice.say(id, 'just now');
    await bob.reads(id, 'just now');
    expect(differenceRows(bob, id).length).toBe(changed + 1);
  });

  /** The update commit that `mallory` would make now, as an entry after what `person` has. */
  async function updateOf(mallory: Person, person: Person, room: RoomId, evidence?: Evidence): Promise<CommitEntry> {
    const { engine, state, record } = await stolen(mallory, room);
    const device = await readDevice(await mallory.vaults.open(mallory.id));
    const { cursor } = await recordOf(person, room);
    if (record.group === null || cursor === null || device === undefined) throw new Error('not in the group');
    const data = evidence === undefined ? {} : { authenticatedData: encodeEvidence(evidence) };
    const update = await engine.update(state, data);
    return {
      kind: 'commit',
      seq: (cursor + 1) as Seq,
      at: Date.now(),
      ...record.group,
      id: newEntryId(),
      account: mallory.id,
      device: device.record.device,
      body: unshared(update.commit),
      external: false,
      added: [],
      removed: [],
      authenticator: unshared(epochAuthenticator(update.state)),
    };
  }

  it('E5 two members who are led into different epochs see it in what they say', async () => {
    const [alice, bob, mallory] = [await stocked('alice'), await stocked('bob'), await stocked('mallory')];
    const { id } = await alice.lobby();
    const thread = await threadOf(alice, bob, mallory);
    await receiptsCame(thread, alice, bob, mallory);
    for (const [room, reason] of [
      [id, 'other_branch'],
      [thread, 'undecryptable'],
    ] as const) {
      const { group } = await recordOf(bob, room);
      const other = await updateOf(mallory, alice, room);
      changeEntries(alice, (entry) => [
        entry.kind === 'commit' && entry.epoch === group?.epoch && entry.external === (room === id)
          ? { ...other, seq: entry.seq }
          : entry,
      ]);
      if (room === id) await stocked('carol');
      else await bob.core.addToThread(room, [(await stocked('dave')).id]);
      await expect.poll(async () => (await recordOf(alice, room)).group?.epoch).toBe((group?.epoch ?? 0) + 1);
      await expect.poll(async () => (await recordOf(bob, room)).group?.epoch).toBe((group?.epoch ?? 0) + 1);
      changeEntries(alice, (entry) => [entry]);
      await bob.say(room, 'on my branch');
      await alice.until('a row', () => alice.unreadable(room).includes(reason));
      expect(alice.texts(room)).not.toContain('on my branch');
    }
  }, 60_000);

  /** What `mallory` says in a thread, with evidence of her own making. */
  async function lies(mallory: Person, room: RoomId, made: (true_: Evidence) => Evidence, text: string): Promise<void> {
    const chain = await storedChain(mallory, room);
    const { engine, state, record } = await stolen(mallory, room);
    if (chain === null || record.group === null) throw new Error('not in the group');
    const keyHead = { index: 0, hash: new Uint8Array(0) };
    const evidence = made({ ...chain.head, ...chain.past, keyHead });
    const id = newEntryId();
    const context = sealedContext(room, record.group.generation, id, encodeEvidence(evidence));
    const sealed = await engine.encrypt(state, encodeDocument({ v: 1, type: 'text', text }), context);
    mallory.outgoing = (frame) =>
      frame.type === 'send' && frame.id === id ? { ...frame, body: unshared(sealed.message) } : frame;
    await mallory.core.sendText(room, { id, text: 'not this' });
  }

  it('E4 a member who names an entry that cannot have been there is shown as forged; one whose hash is false as different', async () => {
    const [alice, mallory] = [await stocked('alice'), await stocked('mallory')];
    const id = await threadOf(alice, mallory);
    await receiptsCame(id, alice, mallory);
    await lies(mallory, id, (evidence) => ({ ...evidence, seq: 1_000_000 as Seq }), 'from the future');
    await alice.until('a forged row', () => alice.unreadable(id).join() === 'forged');
    expect(alice.texts(id)).toEqual(['hello']);
    expect(differences(alice, id)).toEqual([]);
    const other = await stocked('other');
    const second = await threadOf(other, mallory);
    await receiptsCame(second, other, mallory);
    await lies(mallory, second, (evidence) => ({ ...evidence, hash: randomBytes(32) }), 'another log');
    await other.reads(second, 'another log');
    expect(differenceRows(other, second).map(({ account }) => account)).toEqual([mallory.id]);
  });

  it('E5 false and impossible evidence in a commit shows, and never refuses it', async () => {
    const mallory = await stocked('mallory');
    const changes: Partial<Evidence>[] = [{ hash: randomBytes(32) }, { seq: 1_000_000 as Seq }];
    for (const [i, change] of changes.entries()) {
      const person = await stocked(`reader${i}`);
      const room = await threadOf(person, mallory);
      await receiptsCame(room, person, mallory);
      const chain = await storedChain(mallory, room);
      if (chain === null) throw new Error('no chain');
      const keyHead = { index: 0, hash: new Uint8Array(0) };
      const evidence = { ...chain.head, ...chain.past, keyHead, ...change };
      const commit = await updateOf(mallory, person, room, evidence);
      person.receive({ type: 'entries', room, entries: [commit] });
      await person.until('the row', () => differenceRows(person, room).length === 1);
      expect((await recordOf(person, room)).group?.epoch).toBe(commit.epoch + 1);
      expect(person.security(room)).toEqual(['different_log']);
    }
  });

  it('E5 a message of the present epoch under another key is of another branch, not one that waits', async () => {
    const [alice, mallory] = [await stocked('alice'), await stocked('mallory')];
    const { id: room } = await alice.lobby();
    const device = await readDevice(await mallory.vaults.open(mallory.id));
    const { group } = await recordOf(mallory, room);
    if (device === undefined || group === null) throw new Error('not in the group');
    const id = newEntryId();
    const context = { room, ...group, device: device.record.device, id };
    const document = encodeDocument({ v: 1, type: 'text', text: 'elsewhere' });
    const { privateKey } = device.key;
    const body = await sealBox('undertone shared message 1', context, randomBytes(32), privateKey, document);
    mallory.outgoing = (frame) => (frame.type === 'send' && frame.id === id ? { ...frame, body } : frame);
    await mallory.core.sendText(room, { id, text: 'not this' });
    await alice.until('a row', () => alice.unreadable(room).join() === 'other_branch');
    expect((await recordOf(alice, room)).waiting).toBe(0);
  });

  it('K6 a message that names another key log than the server gives pauses the thread', async () => {
    const [alice, mallory] = [await stocked('alice'), await stocked('mallory')];
    const id = await threadOf(alice, mallory);
    await receiptsCame(id, alice, mallory);
    const asked: string[] = [];
    alice.answer = (path, body) => {
      asked.push(path);
      return body;
    };
    const keyHead = { index: 0, hash: randomBytes(32) };
    await lies(mallory, id, (evidence) => ({ ...evidence, keyHead }), 'I have another log');
    await alice.reads(id, 'I have another log');
    await alice.until('the doubt', () => doubted(alice, id).includes(mallory.id));
    expect(asked).toContain('/api/key-logs');
    expect(alice.findRoom((room) => room.id === id)?.doubts[0]?.reason).toBe('forked');
  });

  it('H2 C2 messages of wire version 1, without evidence, are read', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id: lobby } = await alice.lobby();
    const thread = await threadOf(alice, bob);
    const device = await readDevice(await bob.vaults.open(bob.id));
    if (device === undefined) throw new Error('no device');
    for (const room of [lobby, thread]) {
      const { engine, state, record } = await stolen(bob, room);
      if (record.group === null) throw new Error('not in the group');
      const id = newEntryId();
      const document = encodeDocument({ v: 1, type: 'text', text: 'of an earlier release' });
      const context = { room, ...record.group, device: device.record.device, id };
      const key = await engine.exportSecret(state, 'undertone content key', new Uint8Array(), 32);
      const body =
        room === lobby
          ? await sealBox('undertone shared message 1', context, unshared(key), device.key.privateKey, document)
          : unshared((await engine.encrypt(state, document, sealedContext(room, record.group.generation, id))).message);
      bob.outgoing = (frame) => (frame.type === 'send' && frame.id === id ? { ...frame, body } : frame);
      await bob.core.sendText(room, { id, text: 'not this' });
      await alice.reads(room, 'of an earlier release');
    }
  });

  it('E3 evidence that was put to a message on the way is forged', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id } = await alice.lobby();
    await bob.lobby();
    changeEntries(alice, (entry) => {
      if (entry.kind !== 'message') return [entry];
      const { body } = entry as MessageEntry;
      // The last byte is of the evidence: of the hash of the log of all key logs, or what stands before it.
      return [{ ...entry, body: body.map((byte, i) => (i === body.length - 40 ? byte ^ 1 : byte)) }];
    });
    await bob.say(id, 'with evidence');
    await alice.until('a row', () => alice.unreadable(id).join() === 'forged');
  });
});
