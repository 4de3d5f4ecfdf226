import { createHash, randomUUID } from 'node:crypto';
import { type Generation, type GroupInfoPatch, limits, type RoomId, type RoomMembers } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';

const sha256 = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(data).digest());

onEachDatabase('groups', (server) => {
  const person = () => Person.online(server().origin);

  /** Public room with alice as founder and bob in its group: generation 1, epoch 1. */
  async function twoInARoom(): Promise<{ alice: Person; bob: Person; room: RoomId }> {
    const [alice, bob] = await Promise.all([person(), person()]);
    const room = await alice.room(`room ${randomUUID()}`);
    await bob.join(room);
    await alice.found(room);
    await bob.enter(room, at(1, 0));
    return { alice, bob, room };
  }

  /** Thread of alice and bob: generation 1, epoch 1. */
  async function thread(): Promise<{ alice: Person; bob: Person; room: RoomId }> {
    const [alice, bob] = await Promise.all([person(), person()]);
    const { room } = await alice.createThread([bob]);
    return { alice, bob, room };
  }

  it('R1 found makes the next generation, and exactly one founder wins', async () => {
    const [alice, bob] = await Promise.all([person(), person()]);
    const room = await alice.room(`room ${randomUUID()}`);
    await bob.join(room);
    expect(await codeOf(alice.found(room, 2))).toBe('stale_epoch');
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
    const { alice, bob, room } = await twoInARoom();
    const outcomes = await Promise.allSettled([alice.commit(room, at(1, 1)), bob.commit(room, at(1, 1))]);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(lost?.reason).toMatchObject({ code: 'stale_epoch', detail: { generation: 1, epoch: 2 } });
    expect((await bob.socket.request<'group'>({ type: 'group', room })).epoch).toBe(2);
  });

  it('R2 the group info and the log show the same commit', async () => {
    const { alice, bob, room } = await twoInARoom();
    const [groupInfo, authenticator, commit] = [blob(5000), blob(32), blob(400)];
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
    const { alice, bob, room } = await twoInARoom();
    const before = (await bob.socket.request<'group'>({ type: 'group', room })).groupInfo;
    const after = Uint8Array.from([...blob(20), ...before.subarray(30, 100), ...blob(7), ...before.subarray(100)]);
    const splices: [number, number, Uint8Array<ArrayBuffer>][] = [
      [0, 30, after.slice(0, 20)],
      [100, 0, after.slice(90, 97)],
    ];
    const ack = await alice.commit(room, at(1, 1), { groupInfoPatch: { splices, sha256: sha256(after) } });
    const group = await bob.socket.request<'group'>({ type: 'group', room });
    expect(group).toMatchObject({ ...at(1, 2), seq: ack.seq, groupInfo: after });
  });

  it('R12 a patch that does not fit is group_info_mismatch and changes nothing; the whole is then taken', async () => {
    const { alice, bob, room } = await twoInARoom();
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
    const { alice, bob, room } = await twoInARoom();
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
    const { room } = await twoInARoom();
    const carol = await person();
    expect(await codeOf(carol.enter(room, at(1, 1)))).toBe('not_member');
    await carol.join(room);
    expect(await codeOf(carol.commit(room, at(1, 1)))).toBe('not_in_group');
  });

  it('R3 a commit may add devices of members only, once, with a Welcome, and remove pending ones only', async () => {
    const { alice, bob, room } = await twoInARoom();
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
    const bare = { commit: blob(), groupInfo: blob(), authenticator: blob(32), id: entryId(), external: false };
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

  it('R5 a thread appears at once for everyone in it, with its Welcome', async () => {
    const { alice, bob, room } = await thread();
    const frame = await bob.socket.nextOf('room', (candidate) => candidate.room.id === room);
    expect(frame.room).toMatchObject({
      kind: 'thread',
      policy: 'sealed',
      slug: null,
      ...at(1, 1),
      head: 1,
      joinedSeq: 1,
      inGroup: true,
      welcome: true,
      pendingRemovals: [],
    });
    expect(await bob.socket.request<'welcome'>({ type: 'welcome', room })).toMatchObject({ ...at(1, 1), seq: 1 });
    await bob.send(room, at(1, 1));
    await alice.socket.entriesUntil(room, (all) => all.some((entry) => entry.kind === 'message'));
  });

  it('R5 a thread needs an active device of each member, and none of anybody else', async () => {
    const [alice, bob, carol] = await Promise.all([person(), person(), person()]);
    const create = (members: Person[], added: Person[]) =>
      alice.socket.request<'ack'>({
        type: 'create_thread',
        room: randomUUID() as RoomId,
        id: entryId(),
        members: members.map((member) => member.account),
        commit: blob(),
        welcome: blob(),
        groupInfo: blob(),
        added: added.map((member) => member.device),
        authenticator: blob(32),
      });
    for (const attempt of [
      () => create([bob], [bob, carol]),
      () => create([bob, carol], [bob]),
      () => create([bob], [bob, alice]),
      () => create([bob, bob], [bob]),
      () => create([bob, alice], [bob]),
      () => create([bob], [bob, bob]),
    ]) {
      expect(await codeOf(attempt())).toBe('roster_mismatch');
    }
  });

  it('R5 creating the same thread again is answered alike; a room id in use is duplicate_id', async () => {
    const [alice, bob] = await Promise.all([person(), person()]);
    const [room, id] = [randomUUID() as RoomId, entryId()];
    const first = await alice.createThread([bob], room, id);
    const again = await alice.createThread([bob], room, id);
    expect([again.seq, again.at]).toEqual([first.seq, first.at]);
    expect(await codeOf(bob.createThread([alice], room))).toBe('duplicate_id');
  });

  it('R3 a member adds a person to a thread, who sees it at once and nothing from before', async () => {
    const { alice, bob, room } = await thread();
    await alice.send(room, at(1, 1));
    const carol = await person();
    const ack = await bob.commit(room, at(1, 1), { added: [carol.device] });
    const { room: state } = await carol.socket.nextOf('room', (frame) => frame.room.id === room);
    expect(state).toMatchObject({ joinedSeq: ack.seq, welcome: true, inGroup: true, ...at(1, 2) });
    const page = await carol.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 50 });
    expect(page.entries).toMatchObject([{ kind: 'notice', event: 'joined', account: carol.account, seq: ack.seq + 1 }]);
    const backward = await carol.socket.request<'page'>({ type: 'pull', room, limit: 50 });
    expect(backward.entries).toHaveLength(1);
    const { members } = await carol.http.ok<RoomMembers>('GET', `/rooms/${room}/members`);
    expect(new Set(members.map((member) => member.account))).toEqual(
      new Set([alice.account, bob.account, carol.account]),
    );
  });

  it('R5 a thread holds so many people and no more', async () => {
    const { alice, room } = await thread();
    const { database } = server().services;
    const others = await Promise.all(
      Array.from({ length: limits.threadMaxMembers - 2 }, () => Person.signUp(server().origin)),
    );
    await database.prisma.membership.createMany({
      data: others.map((other) => ({ roomId: room, accountId: other.account, joinedSeq: 1n })),
    });
    const carol = await person();
    expect(await codeOf(alice.commit(room, at(1, 1), { added: [carol.device] }))).toBe('thread_full');
  });

  it('L6 a thread is invisible to outsiders: its log, its group info, its members, its very existence', async () => {
    const { room } = await thread();
    const mallory = await person();
    const requests = [
      () => mallory.socket.request({ type: 'pull', room, limit: 10 }),
      () => mallory.socket.request({ type: 'group', room }),
      () => mallory.socket.request({ type: 'welcome', room }),
      () => mallory.socket.request({ type: 'links', room, ...at(1, 1), limit: 10 }),
      () => mallory.send(room, at(1, 1)),
      () => mallory.enter(room, at(1, 1)),
      () => mallory.found(room, 2),
      () => mallory.socket.request({ type: 'report', room, seq: 1 as never, reason: 'invalid_commit' }),
    ];
    for (const request of requests) expect(await codeOf(request())).toBe('unknown_room');
    for (const [method, path] of [
      ['GET', 'members'],
      ['POST', 'membership'],
      ['DELETE', 'membership'],
    ]) {
      expect(await mallory.http.refused(method ?? '', `/rooms/${room}/${path}`)).toMatchObject({
        code: 'unknown_room',
      });
    }
    expect(mallory.socket.entries(room)).toEqual([]);
  });

  it('R6 who leaves sends nothing more, and messages wait until the Remove is committed', async () => {
    const { alice, bob, room } = await twoInARoom();
    await bob.leave(room);
    await bob.socket.nextOf('room_gone', (frame) => frame.room === room);
    const entries = await alice.socket.entriesUntil(room, (all) => all.at(-1)?.kind === 'notice');
    expect(entries.at(-1)).toMatchObject({ event: 'left', account: bob.account, devices: [bob.device], ...at(1, 1) });
    expect(await codeOf(bob.send(room, at(1, 1)))).toBe('not_member');
    expect(await codeOf(alice.send(room, at(1, 1)))).toBe('removal_pending');
    await alice.commit(room, at(1, 1), { removed: [bob.device] });
    await alice.send(room, at(1, 2));
    expect(bob.socket.entries(room).some((entry) => entry.kind === 'commit' && entry.epoch === 1)).toBe(false);
  });

  it('R6 leaving a thread works alike; when nobody is left it is deleted', async () => {
    const { alice, bob, room } = await thread();
    await bob.leave(room);
    expect(await codeOf(alice.send(room, at(1, 1)))).toBe('removal_pending');
    await alice.commit(room, at(1, 1), { removed: [bob.device] });
    await alice.send(room, at(1, 2));
    expect(await bob.http.refused('POST', `/rooms/${room}/membership`)).toMatchObject({ code: 'unknown_room' });
    await alice.leave(room);
    const { prisma } = server().services.database;
    expect(await prisma.room.findUnique({ where: { id: room } })).toBeNull();
    expect(await prisma.entry.count({ where: { roomId: room } })).toBe(0);
  });

  it('R6 one who left and joined again before the Remove enters by resync, which settles it', async () => {
    const { alice, bob, room } = await twoInARoom();
    await bob.leave(room);
    await bob.join(room);
    const { room: state } = await bob.socket.nextOf('room', (frame) => frame.room.joinedSeq > 2);
    expect(state).toMatchObject({ inGroup: true, pendingRemovals: [bob.device] });
    expect(await codeOf(bob.send(room, at(1, 1)))).toBe('not_in_group');
    await bob.enter(room, at(1, 1), [bob.device]);
    await bob.send(room, at(1, 2));
    await alice.send(room, at(1, 2));
  });

  it('R6 starting anew ends the old devices everywhere, and everybody hears of the new root', async () => {
    const { alice, bob, room } = await twoInARoom();
    const oldDevice = bob.device;
    const oldSocket = bob.socket;
    const again = new Person(server().origin);
    again.me = await again.http.ok('POST', '/sessions', {
      username: bob.me.account.username,
      password: 'Correct horse 9',
    });
    expect(again.me).toMatchObject({ device: null, devices: [oldDevice] });
    expect(await again.http.refused('POST', '/devices', again.registration())).toMatchObject({ code: 'device_exists' });
    expect(await again.registerDevice(true)).toMatchObject({ device: again.device, devices: [again.device] });

    expect(await oldSocket.closed).toMatchObject({ code: 4410 });
    const told = await alice.socket.nextOf('account', (frame) => frame.profile.id === bob.account);
    expect(told.root).toBe(1);
    const entries = await alice.socket.entriesUntil(room, (all) => all.at(-1)?.kind === 'notice');
    expect(entries.at(-1)).toMatchObject({ event: 'started_anew', account: bob.account, devices: [oldDevice] });
    expect(await codeOf(alice.send(room, at(1, 1)))).toBe('removal_pending');
    await alice.commit(room, at(1, 1), { removed: [oldDevice] });
    await again.connect();
    expect(again.hello.rooms.find((state) => state.id === room)).toMatchObject({ inGroup: false, pendingRemovals: [] });
    await again.enter(room, at(1, 2));
    await again.send(room, at(1, 3));
    // An old browser that comes back learns that it was replaced.
    const { socket } = bob;
    await bob.connect().catch(() => {});
    expect(await bob.socket.closed).toMatchObject({ code: 4410 });
    expect(socket).toBe(oldSocket);
  });

  it('R6 a deleted account leaves a tombstone, pending removals, and no session', async () => {
    const { alice, bob, room } = await twoInARoom();
    const { room: secret } = await alice.createThread([bob]);
    expect(await bob.http.refused('DELETE', '/account', { password: 'Wrong password 1' })).toMatchObject({
      status: 403,
      code: 'wrong_password',
    });
    await bob.http.ok('DELETE', '/account', { password: 'Correct horse 9' });
    expect(await bob.socket.closed).toMatchObject({ code: 4401 });
    for (const id of [room, secret]) {
      const entries = await alice.socket.entriesUntil(id, (all) => all.at(-1)?.kind === 'notice');
      expect(entries.at(-1)).toMatchObject({ event: 'account_removed', account: bob.account, devices: [bob.device] });
      expect(await codeOf(alice.send(id, at(1, 1)))).toBe('removal_pending');
    }
    expect(await alice.http.ok('POST', '/profiles', { accounts: [bob.account] })).toEqual({
      profiles: [{ id: bob.account, username: 'deleted account', displayName: null, avatar: null }],
    });
    expect(await bob.http.refused('GET', '/account')).toMatchObject({ code: 'not_signed_in' });
    const search = await alice.http.ok('GET', `/accounts?search=${bob.me.account.username}`);
    expect(search).toEqual({ profiles: [] });
    const back = await Person.signUp(server().origin, bob.me.account.username);
    expect(back.account).not.toBe(bob.account);
  });

  it('R8 a group is begun anew at most once a minute, and empties the roster', async () => {
    const { alice, bob, room } = await twoInARoom();
    await expect(bob.found(room, 2)).rejects.toMatchObject({ code: 'generation_too_soon' });
    const { prisma } = server().services.database;
    await prisma.room.update({ where: { id: room }, data: { foundedAt: new Date(Date.now() - 61_000) } });
    await bob.found(room, 2);
    expect(await codeOf(alice.send(room, at(2, 0)))).toBe('not_in_group');
    await alice.enter(room, { generation: 2 as Generation, epoch: 0 as never });
    await alice.send(room, at(2, 1));
  });

  it('R4 a report is noted once', async () => {
    const { alice, room } = await twoInARoom();
    const report = { type: 'report', room, seq: 3 as never, reason: 'roster_mismatch' } as const;
    await alice.socket.request<'done'>(report);
    await alice.socket.request<'done'>(report);
    const { prisma } = server().services.database;
    expect(await prisma.report.findMany({ where: { roomId: room } })).toHaveLength(1);
  });
});
