import { randomUUID } from 'node:crypto';
import { limits, type RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { twoInARoom } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('the log', (server) => {
  it('L1 seq is gapless and the same for everyone under concurrent senders', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const acks = await Promise.all(
      Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? alice : bob).send(room, at(1, 1))),
    );
    const seqs = acks.map((ack) => ack.seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    const last = seqs.at(-1) ?? 0;
    for (const person of [alice, bob]) {
      const entries = await person.socket.entriesUntil(room, (all) => all.at(-1)?.seq === last);
      const pushed = entries.map((entry) => entry.seq);
      expect(pushed).toEqual(pushed.map((_, i) => (pushed[0] ?? 0) + i));
    }
    const page = await alice.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    expect(page.entries.map((entry) => entry.seq)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });

  it('L2 what is pushed is what was sent, byte for byte, and its ack has its place', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [body, id] = [blob(3000), entryId()];
    const ack = await alice.socket.request<'ack'>({ type: 'send', room, ...at(1, 1), id, kind: 'message', body });
    const entries = await bob.socket.entriesUntil(room, (all) => all.some((entry) => entry.seq === ack.seq));
    expect(entries.at(-1)).toEqual({
      kind: 'message',
      seq: ack.seq,
      at: ack.at,
      ...at(1, 1),
      id,
      account: alice.account,
      device: alice.device,
      body,
    });
    const page = await bob.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(page.entries[0]).toEqual(entries.at(-1));
  });

  it('L3 an envelope for another epoch is stale_epoch with the present one', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    await expect(alice.send(room, at(1, 0))).rejects.toMatchObject({
      code: 'stale_epoch',
      detail: { generation: 1, epoch: 1 },
    });
    expect(await codeOf(alice.send(room, at(1, 2)))).toBe('stale_epoch');
    expect(await codeOf(alice.send(room, at(2, 1)))).toBe('stale_epoch');
  });

  it('L3 a member outside the group is not_in_group, an outsider not_member, elsewhere unknown_room', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const carol = await Person.online(server().origin);
    expect(await codeOf(carol.send(room, at(1, 1)))).toBe('not_member');
    await carol.join(room);
    expect(await codeOf(carol.send(room, at(1, 1)))).toBe('not_in_group');
    expect(await codeOf(alice.send(randomUUID() as RoomId, at(1, 1)))).toBe('unknown_room');
  });

  it('L4 the same id again gets the first ack, whatever is in it; in another room it is duplicate_id', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const id = entryId();
    const [first, second] = await Promise.all([alice.send(room, at(1, 1), id), alice.send(room, at(1, 1), id)]);
    expect([second.seq, second.at]).toEqual([first.seq, first.at]);
    const later = await alice.send(room, at(1, 0), id);
    expect([later.seq, later.at]).toEqual([first.seq, first.at]);
    const other = await alice.room(`room ${randomUUID()}`);
    await alice.found(other);
    expect(await codeOf(alice.send(other, at(1, 0), id))).toBe('duplicate_id');
    const { entries } = await alice.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    expect(entries.filter((entry) => 'id' in entry && entry.id === id)).toHaveLength(1);
  });

  it('L4 one refused envelope does not cost its neighbours of the same flush their place', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const outcomes = await Promise.allSettled([
      alice.send(room, at(1, 1)),
      alice.send(room, at(1, 7)),
      bob.send(room, at(1, 1)),
      bob.send(randomUUID() as RoomId, at(1, 1)),
      alice.send(room, at(1, 1)),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('L6 in a public room members read all of the log, outsiders nothing', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    await alice.send(room, at(1, 1));
    const carol = await Person.online(server().origin);
    expect(await codeOf(carol.socket.request({ type: 'pull', room, limit: 10 }))).toBe('not_member');
    expect(await codeOf(carol.socket.request({ type: 'group', room }))).toBe('not_member');
    await carol.join(room);
    const page = await carol.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    expect(page.entries[0]).toMatchObject({ seq: 1, kind: 'notice', event: 'joined' });
    await bob.leave(room);
    expect(await codeOf(bob.socket.request({ type: 'pull', room, limit: 10 }))).toBe('not_member');
  });

  it('L5 pages walk the log both ways, in order, and say whether there is more', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    await Promise.all(Array.from({ length: 20 }, () => alice.send(room, at(1, 1))));
    const all = await alice.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    const head = all.entries.at(-1)?.seq ?? 0;
    expect(all.more).toBe(false);
    const seqs = async (frame: { after?: number; before?: number }, limit: number) => {
      const page = await alice.socket.request<'page'>({ type: 'pull', room, limit, ...(frame as object) });
      return [page.entries.map((entry) => entry.seq), page.more];
    };
    expect(await seqs({ after: 2 }, 3)).toEqual([[3, 4, 5], true]);
    expect(await seqs({ before: 6 }, 3)).toEqual([[3, 4, 5], true]);
    expect(await seqs({ before: 4 }, 5)).toEqual([[1, 2, 3], false]);
    expect(await seqs({}, 2)).toEqual([[head - 1, head], true]);
    expect(await seqs({ after: head }, 2)).toEqual([[], false]);
  });

  it('L5 a page ends before it outgrows a frame, and says that there is more', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const big = blob(limits.envelopeMaxBytes);
    const request = () => ({ type: 'send', room, ...at(1, 1), id: entryId(), kind: 'message', body: big }) as const;
    await Promise.all(Array.from({ length: 50 }, () => alice.socket.request<'ack'>(request())));
    const seqs: number[] = [];
    for (let more = true; more; ) {
      const after = (seqs.at(-1) ?? 0) as never;
      const page = await alice.socket.request<'page'>({ type: 'pull', room, after, limit: 200 });
      seqs.push(...page.entries.map((entry) => entry.seq));
      more = page.more;
    }
    expect(seqs.length).toBeGreaterThan(50);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  /** Codes of the refusals among so many links that are sent at once. */
  async function linkRefusals(person: Person, room: RoomId, epoch: number, count: number): Promise<string[]> {
    const links = Array.from({ length: count }, () => person.send(room, at(1, epoch), entryId(), 'link'));
    const outcomes = await Promise.allSettled(links);
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
  }

  it('H5 a device has so many history links in an epoch, whatever others have, and again in the next', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const { historyLinksPerDevice: most } = limits;
    expect(await linkRefusals(alice, room, 1, most + 2)).toEqual(['link_limit', 'link_limit']);
    expect(await codeOf(alice.send(room, at(1, 1), entryId(), 'link'))).toBe('link_limit');
    expect(await linkRefusals(bob, room, 1, most)).toEqual([]);
    await alice.send(room, at(1, 1));
    await bob.commit(room, at(1, 1));
    expect(await linkRefusals(alice, room, 2, most + 1)).toEqual(['link_limit']);
  });

  it('H5 an epoch keeps only so many history links in all', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    await server().services.database.prisma.entry.createMany({
      data: Array.from({ length: limits.historyLinksPerEpoch - 1 }, (_, i) => ({
        roomId: room,
        seq: BigInt(1_000_000 + i),
        kind: 'link' as const,
        generation: 1n,
        epoch: 1n,
        accountId: randomUUID(),
        deviceId: randomUUID(),
        entryId: randomUUID(),
        at: new Date(),
        body: blob(1),
      })),
    });
    expect(await linkRefusals(alice, room, 1, 2)).toEqual(['link_limit']);
    expect(await codeOf(bob.send(room, at(1, 1), entryId(), 'link'))).toBe('link_limit');
  });

  it('H6 links come newest epoch first, up to the one asked for', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    await alice.send(room, at(1, 1), entryId(), 'link');
    await bob.commit(room, at(1, 1));
    await alice.send(room, at(1, 2), entryId(), 'link');
    await bob.commit(room, at(1, 2));
    await alice.send(room, at(1, 3), entryId(), 'link');
    const page = await bob.socket.request<'page'>({ type: 'links', room, ...at(1, 2), limit: 10 });
    expect(page.entries.map((entry) => entry.epoch)).toEqual([2, 1]);
    const first = await bob.socket.request<'page'>({ type: 'links', room, ...at(1, 9), limit: 2 });
    expect([first.entries.map((entry) => entry.epoch), first.more]).toEqual([[3, 2], true]);
  });
});
