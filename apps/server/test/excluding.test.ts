import type { RoomMembers } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, codeOf, Person } from './support/person.ts';
import { twoInARoom, twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('excluding', (server) => {
  const person = () => Person.online(server().origin);

  /** A thread of three: generation 1, epoch 1. */
  async function threeInAThread() {
    const [alice, bob, carol] = await Promise.all([person(), person(), person()]);
    const { room } = await alice.createThread([bob, carol]);
    return { alice, bob, carol, room };
  }

  it('R3 a member is removed from a thread by a commit: its membership ends, all others read why', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    const { seq } = await alice.commit(room, at(1, 1), { removed: [carol.device] });
    await carol.socket.nextOf('room_gone', (frame) => frame.room === room);
    const entries = await bob.socket.entriesUntil(room, (all) => all.at(-1)?.kind === 'notice');
    expect(entries.slice(-2)).toMatchObject([
      { kind: 'commit', seq, ...at(1, 1), account: alice.account, removed: [carol.device] },
      { kind: 'notice', seq: seq + 1, ...at(1, 2), event: 'removed', account: carol.account, devices: [] },
    ]);
    expect(carol.socket.entries(room).some((entry) => entry.seq >= seq)).toBe(false);
    // Nothing is pending: talk goes on.
    await bob.send(room, at(1, 2));
    for (const request of [
      () => carol.send(room, at(1, 2)),
      () => carol.enter(room, at(1, 2)),
      () => carol.enter(room, at(1, 2), [carol.device]),
      () => carol.found(room, 2),
      () => carol.socket.request({ type: 'group', room }),
      () => carol.socket.request({ type: 'pull', room, limit: 1 }),
      () => carol.socket.request({ type: 'welcome', room }),
    ]) {
      expect(await codeOf(request())).toBe('unknown_room');
    }
    const { members } = await bob.http.ok<RoomMembers>('GET', `/rooms/${room}/members`);
    expect(members.map(({ account }) => account).sort()).toEqual([alice.account, bob.account].sort());
    await carol.connect();
    expect(carol.hello.rooms.some(({ id }) => id === room)).toBe(false);
  });

  it('R3 who was removed may be invited again, and reads nothing from between', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    await alice.commit(room, at(1, 1), { removed: [carol.device] });
    await bob.send(room, at(1, 2));
    const { seq } = await bob.commit(room, at(1, 2), { added: [carol.device] });
    const page = await carol.socket.request<'page'>({ type: 'pull', room, limit: 50 });
    expect(page.entries).toMatchObject([{ kind: 'notice', event: 'joined', account: carol.account, seq: seq + 1 }]);
    await carol.send(room, at(1, 3));
  });

  it('R3 of two either may remove the other, and is then alone', async () => {
    const { alice, bob, room } = await twoInAThread(server().origin);
    await bob.commit(room, at(1, 1), { removed: [alice.device] });
    await bob.send(room, at(1, 2));
    expect(await codeOf(alice.send(room, at(1, 1)))).toBe('unknown_room');
  });

  it('R3 all devices of a member are removed or none, nobody is added with it, and nobody removes its own', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    const [dave] = [await person()];
    const { prisma } = server().services.database;
    // Accounts have one device yet; the rule is about more.
    const second = { id: crypto.randomUUID(), accountId: carol.account, root: 0, signatureKey: carol.key.publicKey };
    await prisma.device.create({ data: second });
    await prisma.rosterDevice.create({ data: { roomId: room, deviceId: second.id, accountId: carol.account } });
    const both = [carol.device, second.id as never];
    for (const change of [
      { removed: [carol.device] },
      { removed: [second.id as never] },
      { removed: [alice.device] },
      { removed: [...both, alice.device] },
      { removed: [...both, dave.device] },
      { removed: [...both, carol.device] },
      { removed: both, added: [dave.device] },
    ]) {
      expect(await codeOf(alice.commit(room, at(1, 1), change))).toBe('roster_mismatch');
    }
    expect(await codeOf(dave.commit(room, at(1, 1), { removed: both }))).toBe('unknown_room');
    await bob.commit(room, at(1, 1), { removed: both });
    await carol.socket.nextOf('room_gone', (frame) => frame.room === room);
  });

  it('R3 with a removal that is pending another member may go in the same commit', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    await carol.leave(room);
    await alice.commit(room, at(1, 1), { removed: [carol.device, bob.device] });
    const { entries } = await alice.socket.request<'page'>({ type: 'pull', room, limit: 1 });
    expect(entries).toMatchObject([{ kind: 'notice', event: 'removed', account: bob.account }]);
    await alice.send(room, at(1, 2));
  });

  it('R3 one whose removal is pending removes nobody, and from outside nobody is removed', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    const before = carol.device;
    const again = new Person(server().origin);
    again.http.cookie = carol.http.cookie;
    again.me = carol.me;
    await again.registerDevice(true);
    await again.connect();
    expect(await codeOf(again.commit(room, at(1, 1), { removed: [bob.device] }))).toBe('not_in_group');
    for (const removed of [[bob.device], [before, bob.device]]) {
      expect(await codeOf(again.enter(room, at(1, 1), removed))).toBe('roster_mismatch');
    }
    await alice.commit(room, at(1, 1), { removed: [before] });
    // Its account is a member still: it was no exclusion.
    await again.enter(room, at(1, 2));
    await again.send(room, at(1, 3));
  });

  it('R3 in a public room nobody is removed', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    expect(await codeOf(alice.commit(room, at(1, 1), { removed: [bob.device] }))).toBe('roster_mismatch');
    await bob.send(room, at(1, 1));
  });

  it('R3 a stranger enters no thread from outside, a former member neither, nor a device that is none any more', async () => {
    const { alice, bob, carol, room } = await threeInAThread();
    const stranger = await person();
    expect(await codeOf(stranger.enter(room, at(1, 1)))).toBe('unknown_room');
    expect(await codeOf(stranger.enter(room, at(1, 1), [bob.device]))).toBe('unknown_room');
    await carol.leave(room);
    expect(await codeOf(carol.enter(room, at(1, 1)))).toBe('unknown_room');
    expect(await codeOf(carol.enter(room, at(1, 1), [carol.device]))).toBe('unknown_room');
    await server().services.database.prisma.device.update({ where: { id: bob.device }, data: { active: false } });
    expect(await codeOf(bob.enter(room, at(1, 1), [bob.device]))).toBe('device_replaced');
    const { epoch } = await alice.socket.request<'group'>({ type: 'group', room });
    expect(epoch).toBe(1);
  });
});
