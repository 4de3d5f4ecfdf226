import { randomUUID } from 'node:crypto';
import { limits, type RoomId, type RoomMembers } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('threads', (server) => {
  const person = () => Person.online(server().origin);

  it('R5 a thread appears at once for everyone in it, with its Welcome', async () => {
    const { alice, bob, room } = await twoInAThread(server().origin);
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
    const create = (members: Person[], added: Person[]) => {
      const room = randomUUID() as RoomId;
      return alice.socket.request<'ack'>({
        type: 'create_thread',
        room,
        id: entryId(),
        members: members.map((member) => member.account),
        commit: blob(),
        welcome: blob(),
        groupInfo: alice.groupInfo(room, at(1, 1)),
        added: added.map((member) => member.device),
        authenticator: blob(32),
      });
    };
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
    const { alice, bob, room } = await twoInAThread(server().origin);
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
    const { alice, room } = await twoInAThread(server().origin);
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
    const { room } = await twoInAThread(server().origin);
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
});
