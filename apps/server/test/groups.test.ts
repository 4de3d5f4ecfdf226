import { createHash, randomUUID } from 'node:crypto';
import { type Epoch, type Generation, type GroupInfoPatch, limits, type ProtocolError } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { serverLimits } from '../src/server-limits.ts';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { twoInARoom } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

const sha256 = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(data).digest());

onEachDatabase('groups', (server) => {
  const person = () => Person.online(server().origin);

  it('R1 found makes the next generation, and exactly one founder wins', async () => {
    const [alice, bob] = await Promise.all([person(), person()]);
    const room = await alice.room(`room ${randomUUID()}`);
    await bob.join(room);
    const outcomes = await Promise.allSettled([alice.found(room), bob.found(room)]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    const entries = await bob.socket.entriesUntil(room, (all) => all.some((entry) => entry.kind === 'found'));
    expect(entries.filter((entry) => entry.kind === 'found')).toMatchObject([{ generation: 1, epoch: 0 }]);
  });

  it('R1 a commit in a room without a group is stale_epoch', async () => {
    const alice = await person();
    const room = await alice.room(`room ${randomUUID()}`);
    expect(await codeOf(alice.enter(room, at(0, 0)))).toBe('stale_epoch');
  });

  it('R2 of commits racing for an epoch exactly one wins; the loser learns where the room is', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const outcomes = await Promise.allSettled([alice.commit(room, at(1, 1)), bob.commit(room, at(1, 1))]);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(lost?.reason).toMatchObject({ code: 'stale_epoch', detail: { generation: 1, epoch: 2 } });
    expect((await bob.socket.request<'group'>({ type: 'group', room })).epoch).toBe(2);
  });

  it('R2 the group info and the log show the same commit', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [groupInfo, authenticator, commit] = [alice.groupInfo(room, at(1, 2)), blob(32), blob(400)];
    const change = { external: false, added: [], removed: [] };
    const frame = {
      type: 'commit',
      room,
      ...at(1, 1),
      id: entryId(),
      commit,
      groupInfo,
      authenticator,
      ...change,
    } as const;
    const ack = await alice.socket.request<'ack'>(frame);
    const group = await bob.socket.request<'group'>({ type: 'group', room });
    expect(group).toMatchObject({ ...at(1, 2), seq: ack.seq, groupInfo });
    const { entries } = await bob.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(entries).toMatchObject([{ kind: 'commit', ...at(1, 1), body: commit, authenticator, ...change }]);
    const again = await alice.socket.request<'ack'>(frame);
    expect(again.seq).toBe(ack.seq);
  });

  it('R12 a patch of the group info is applied to the one of the epoch before', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const before = (await bob.socket.request<'group'>({ type: 'group', room })).groupInfo;
    const after = alice.groupInfo(room, at(1, 2), { treeBytes: 300 });
    const splices: [number, number, Uint8Array<ArrayBuffer>][] = [
      [0, 30, after.slice(0, 50)],
      [30, before.length - 30, after.slice(50)],
    ];
    const ack = await alice.commit(room, at(1, 1), { groupInfoPatch: { splices, sha256: sha256(after) } });
    const group = await bob.socket.request<'group'>({ type: 'group', room });
    expect(group).toMatchObject({ ...at(1, 2), seq: ack.seq, groupInfo: after });
  });

  it('R12 a patch that does not fit is group_info_mismatch and changes nothing; the whole is then taken', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const before = (await bob.socket.request<'group'>({ type: 'group', room })).groupInfo;
    const insert = blob(9);
    const id = entryId();
    const beyond: [number, number, Uint8Array<ArrayBuffer>] = [before.length, 1, insert];
    const large = new Uint8Array(limits.groupInfoMaxBytes);
    for (const groupInfoPatch of [
      { splices: [[0, 9, insert]], sha256: blob(32) },
      { splices: [beyond], sha256: sha256(before) },
      { splices: [[0, before.length, new Uint8Array()]], sha256: sha256(new Uint8Array()) },
      { splices: [[0, 0, large]], sha256: sha256(Uint8Array.from([...large, ...before])) },
    ] satisfies GroupInfoPatch[]) {
      expect(await codeOf(alice.commit(room, at(1, 1), { id, groupInfoPatch }))).toBe('group_info_mismatch');
    }
    const unchanged = await bob.socket.request<'group'>({ type: 'group', room });
    expect(unchanged).toMatchObject({ ...at(1, 1), groupInfo: before });
    const { entries } = await bob.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(entries).toMatchObject([{ kind: 'commit', ...at(1, 0) }]);
    await alice.commit(room, at(1, 1), { id });
    // Who lost the race for the epoch is told that, whatever its patch was for.
    const late = { groupInfoPatch: { splices: [beyond], sha256: blob(32) } };
    expect(await codeOf(bob.commit(room, at(1, 1), late))).toBe('stale_epoch');
  });

  it('R3 an external commit adds its sender alone, and takes out no leaf but its own', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const carol = await person();
    await carol.join(room);
    const external = (added: Person[], removed: Person[] = [], welcome?: Uint8Array<ArrayBuffer>) =>
      carol.commit(room, at(1, 1), {
        external: true,
        added: added.map((other) => other.device),
        removed: removed.map((other) => other.device),
        ...(welcome ? { welcome } : {}),
      });
    for (const attempt of [
      () => external([]),
      () => external([alice]),
      () => external([carol, bob]),
      () => external([carol], [bob]),
      () => external([carol], [carol]),
      () => external([carol], [], blob()),
    ]) {
      expect(await codeOf(attempt())).toBe('roster_mismatch');
    }
    await external([carol]);
    // Once in the tree, coming from outside again means a resync: the old leaf goes.
    expect(await codeOf(carol.enter(room, at(1, 2)))).toBe('roster_mismatch');
    await carol.enter(room, at(1, 2), [carol.device]);
    await carol.send(room, at(1, 3));
  });

  it('R3 an outsider may not enter, nor may a member commit for a group that it is not in', async () => {
    const { room } = await twoInARoom(server().origin);
    const carol = await person();
    expect(await codeOf(carol.enter(room, at(1, 1)))).toBe('not_member');
    await carol.join(room);
    expect(await codeOf(carol.commit(room, at(1, 1)))).toBe('not_in_group');
  });

  it('R3 a commit may add devices of members only, once, with a Welcome, and remove pending ones only', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [carol, outsider] = await Promise.all([person(), person()]);
    await carol.join(room);
    const unknown = randomUUID() as never;
    for (const change of [
      { added: [outsider.device] },
      { added: [bob.device] },
      { added: [unknown] },
      { added: [carol.device, carol.device] },
      { removed: [bob.device] },
      { removed: [alice.device] },
      { removed: [carol.device] },
      { welcome: blob() },
    ]) {
      expect(await codeOf(alice.commit(room, at(1, 1), change))).toBe('roster_mismatch');
    }
    const groupInfo = alice.groupInfo(room, at(1, 2));
    const bare = { commit: blob(), groupInfo, authenticator: blob(32), id: entryId(), external: false };
    const noWelcome = { ...bare, type: 'commit' as const, room, ...at(1, 1), added: [carol.device], removed: [] };
    expect(await codeOf(alice.socket.request(noWelcome))).toBe('roster_mismatch');

    const welcome = blob(700);
    const ack = await alice.commit(room, at(1, 1), { added: [carol.device], welcome });
    const waiting = await carol.socket.request<'welcome'>({ type: 'welcome', room });
    expect(waiting).toMatchObject({ ...at(1, 2), seq: ack.seq, welcome });
    await carol.socket.request({ type: 'welcome_done', room });
    expect(await codeOf(carol.socket.request({ type: 'welcome', room }))).toBe('not_found');
    await carol.send(room, at(1, 2));
  });

  it('R8 a group is begun anew at most once a minute, and empties the roster', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    await expect(bob.found(room, 2)).rejects.toMatchObject({ code: 'generation_too_soon' });
    const { prisma } = server().services.database;
    await prisma.room.update({ where: { id: room }, data: { foundedAt: new Date(Date.now() - 61_000) } });
    await bob.found(room, 2);
    expect(await codeOf(alice.send(room, at(2, 0)))).toBe('not_in_group');
    await alice.enter(room, { generation: 2 as Generation, epoch: 0 as never });
    await alice.send(room, at(2, 1));
  });

  it('R8 an account founds a few times a day in a room; others still may, and so may it elsewhere', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const { prisma } = server().services.database;
    const minuteAgo = () =>
      prisma.room.update({ where: { id: room }, data: { foundedAt: new Date(Date.now() - 61_000) } });
    for (let generation = 2; generation <= serverLimits.foundingsPerDay; generation += 1) {
      await minuteAgo();
      await alice.found(room, generation);
    }
    await minuteAgo();
    const next = serverLimits.foundingsPerDay + 1;
    const refused = await alice.found(room, next).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'generation_too_soon' });
    const { retryAfterMs } = (refused as ProtocolError).detail as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(23 * 3_600_000);
    expect(retryAfterMs).toBeLessThanOrEqual(24 * 3_600_000);
    await bob.found(room, next);
    await alice.found(await alice.room(`room ${randomUUID()}`));
    await prisma.$executeRaw`UPDATE entries SET at = at - interval '24 hours' WHERE room_id = ${room}::uuid AND kind = 'found'`;
    await minuteAgo();
    await alice.found(room, next + 1);
  });

  it('R13 what a founder signed is served with its entry, and anything else is invalid_proof', async () => {
    const [alice, bob] = await Promise.all([person(), person()]);
    const room = await alice.room(`room ${randomUUID()}`);
    await bob.join(room);
    const last = { epoch: 7 as Epoch, authenticator: blob(32) };
    const good = alice.founding(room, at(1, 0).generation, last);
    const elsewhere = alice.founding(await alice.room(`room ${randomUUID()}`), good.generation, last);
    const wrongs: readonly Partial<typeof good>[] = [
      { signature: blob(64) },
      { signature: bob.founding(room, good.generation, last).signature },
      { signature: elsewhere.signature },
      { signature: alice.founding(room, at(2, 0).generation, last).signature },
      { last: null },
      { last: { ...last, epoch: 8 as Epoch } },
      { last: { ...last, authenticator: blob(32) } },
      { authenticator: blob(32) },
      { groupInfo: alice.groupInfo(room, at(1, 0)) },
    ];
    for (const wrong of wrongs) {
      const frame = { type: 'found', id: entryId(), ...good, ...wrong } as const;
      expect(await codeOf(alice.socket.request(frame))).toBe('invalid_proof');
    }
    const founding = { last, groupInfoHash: sha256(good.groupInfo), signature: good.signature };
    const { seq } = await alice.socket.request<'ack'>({ type: 'found', id: entryId(), ...good });
    const pushed = await bob.socket.entriesUntil(room, (all) => all.some((entry) => entry.kind === 'found'));
    const { entries } = await bob.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    for (const entry of [pushed.at(-1), entries[0]]) expect(entry).toMatchObject({ kind: 'found', seq, founding });
  });

  it('R1 a founding may lead on by several generations, up to a bound', async () => {
    const alice = await person();
    const room = await alice.room(`room ${randomUUID()}`);
    const first = limits.foundingMaxStep as Generation;
    const founding = (generation: number) =>
      alice.socket.request({ type: 'found', id: entryId(), ...alice.founding(room, generation as Generation, null) });
    expect(await codeOf(founding(first + 1))).toBe('stale_epoch');
    await founding(first);
    expect(await codeOf(founding(first))).toBe('stale_epoch');
    const { generation } = await server().services.database.prisma.room.findUniqueOrThrow({ where: { id: room } });
    expect(Number(generation)).toBe(first);
  });

  it('R13 a founder that held no epoch says so', async () => {
    const alice = await person();
    const room = await alice.room(`room ${randomUUID()}`);
    await alice.found(room);
    const { entries } = await alice.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(entries).toMatchObject([{ kind: 'found', founding: { last: null } }]);
  });

  it('R13 a founding of wire version 1 is served without', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const { prisma } = server().services.database;
    await prisma.roomEpoch.updateMany({ where: { roomId: room }, data: { groupInfoHash: null, signature: null } });
    const { entries } = await alice.socket.request<'page'>({ type: 'pull', room, limit: 50 });
    expect(entries.find((entry) => entry.kind === 'found')).not.toHaveProperty('founding');
  });
});
