import { createHash } from 'node:crypto';
import { limits, type RoomId, type Seq } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { twoInARoom } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('erasing', (server) => {
  function erase(person: Person, room: RoomId, erases: Seq[], epoch = 1, id = entryId()) {
    const frame = { type: 'send', room, ...at(1, epoch), id, kind: 'message', body: blob(), erases } as const;
    return person.socket.request<'ack'>(frame);
  }

  /** Lengths of the bodies of the room's messages, by seq. */
  async function lengths(person: Person, room: RoomId): Promise<Map<number, number>> {
    const { entries } = await person.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    return new Map(entries.flatMap((entry) => (entry.kind === 'message' ? [[entry.seq, entry.body.length]] : [])));
  }

  it('L7 the bodies of own messages are emptied with the message that says so, and others stay', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [first, second, kept] = [
      await alice.send(room, at(1, 1)),
      await alice.send(room, at(1, 1)),
      await alice.send(room, at(1, 1)),
    ];
    const eraser = await erase(alice, room, [first.seq, second.seq]);
    const left = await lengths(bob, room);
    expect([...left]).toEqual([
      [first.seq, 0],
      [second.seq, 0],
      [kept.seq, 64],
      [eraser.seq, 64],
    ]);
    // Once more changes nothing, and is no failure.
    await erase(alice, room, [first.seq]);
  });

  it('E2 an erased message has the digest of its body, everywhere it can be read; what was not erased has none', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const body = blob(300);
    const frame = { type: 'send', room, ...at(1, 1), id: entryId(), kind: 'message', body } as const;
    const { seq } = await alice.socket.request<'ack'>(frame);
    const { seq: kept } = await alice.send(room, at(1, 1));
    await erase(alice, room, [seq]);
    // Erasing it again must not make the digest that of nothing.
    const eraser = await erase(alice, room, [seq]);
    const digest = new Uint8Array(createHash('sha256').update(body).digest());
    const page = { type: 'pull', room, limit: 200 } as const;
    const pages = [
      await bob.socket.request<'page'>({ ...page, after: 0 as Seq }),
      await bob.socket.request<'page'>({ ...page, before: (eraser.seq + 1) as Seq }),
      await server().services.relay.log.following(room, (seq - 1) as Seq),
    ];
    for (const { entries } of pages) {
      const read = new Map(entries.map((entry) => [entry.seq, entry]));
      const erased = read.get(seq);
      if (erased?.kind !== 'message' || !erased.digest) throw new Error('it has no digest');
      expect([erased.body.length, new Uint8Array(erased.digest)]).toEqual([0, digest]);
      for (const other of [kept, eraser.seq]) expect(read.get(other)).not.toHaveProperty('digest');
    }
    for (const entry of bob.socket.entries(room)) expect(entry).not.toHaveProperty('digest');
  });

  it('E2 what was emptied without a digest has none', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    const { prisma } = server().services.database;
    await prisma.entry.update({ where: { roomId_seq: { roomId: room, seq: BigInt(seq) } }, data: { body: blob(0) } });
    await erase(alice, room, [seq]);
    const { entries } = await alice.socket.request<'page'>({ type: 'pull', room, limit: 200 });
    expect(entries.find((entry) => entry.seq === seq)).not.toHaveProperty('digest');
  });

  it("L7 another account's message is erase_refused, and nothing of the send is changed", async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [own, other] = [await alice.send(room, at(1, 1)), await bob.send(room, at(1, 1))];
    expect(await codeOf(erase(alice, room, [own.seq, other.seq]))).toBe('erase_refused');
    expect([...(await lengths(alice, room))]).toEqual([
      [own.seq, 64],
      [other.seq, 64],
    ]);
  });

  it('L7 what is no message, is not there, or stands in another room is erase_refused', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const ownCommit = await alice.commit(room, at(1, 1));
    const link = await alice.send(room, at(1, 2), entryId(), 'link');
    const other = await alice.room(`room ${crypto.randomUUID()}`);
    await alice.found(other);
    let elsewhere = await alice.send(other, at(1, 0));
    while (elsewhere.seq <= link.seq) elsewhere = await alice.send(other, at(1, 0));
    for (const seq of [1 as Seq, ownCommit.seq, link.seq, elsewhere.seq, 9_999 as Seq]) {
      expect(await codeOf(erase(alice, room, [seq], 2))).toBe('erase_refused');
    }
    expect((await lengths(alice, other)).get(elsewhere.seq)).toBe(64);
  });

  it('L7 a refused send costs its neighbours of the same flush nothing', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [own, other] = [await alice.send(room, at(1, 1)), await bob.send(room, at(1, 1))];
    const outcomes = await Promise.allSettled([
      alice.send(room, at(1, 1)),
      erase(alice, room, [other.seq]),
      erase(alice, room, [own.seq]),
      erase(alice, room, [own.seq], 7),
      bob.send(room, at(1, 1)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    const left = await lengths(bob, room);
    expect([left.get(own.seq), left.get(other.seq)]).toEqual([0, 64]);
  });

  it('L7 the same send again gets the first ack, whatever has happened since', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    const id = entryId();
    const first = await erase(alice, room, [seq], 1, id);
    await bob.commit(room, at(1, 1));
    const again = await erase(alice, room, [seq, 1 as Seq], 1, id);
    expect([again.seq, again.at]).toEqual([first.seq, first.at]);
  });

  it('L7 a send for an epoch that is over erases nothing', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    await bob.commit(room, at(1, 1));
    expect(await codeOf(erase(alice, room, [seq], 1))).toBe('stale_epoch');
    expect((await lengths(bob, room)).get(seq)).toBe(64);
  });

  it('L7 too many, none, or a link that erases', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    const tooMany = Array.from({ length: limits.erasesPerSend + 1 }, () => seq);
    for (const erases of [[], tooMany]) expect(await codeOf(erase(alice, room, erases))).toBe('bad_frame');
    const link = { type: 'send', room, ...at(1, 1), id: entryId(), kind: 'link', body: blob() } as const;
    expect(await codeOf(alice.socket.request({ ...link, erases: [seq] }))).toBe('invalid_request');
    const empty = { type: 'send', room, ...at(1, 1), id: entryId(), kind: 'message', body: blob(0) } as const;
    expect(await codeOf(alice.socket.request(empty))).toBe('bad_frame');
    expect((await lengths(alice, room)).get(seq)).toBe(64);
  });

  it('L7 an account erases what another of its devices said before it was started anew', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    const before = alice.device;
    const anew = new Person(server().origin);
    anew.http.cookie = alice.http.cookie;
    anew.me = alice.me;
    await anew.registerDevice(true);
    await anew.connect();
    await bob.commit(room, at(1, 1), { removed: [before] });
    await anew.enter(room, at(1, 2));
    await erase(anew, room, [seq], 3);
    expect((await lengths(bob, room)).get(seq)).toBe(0);
  });
});
