import { expect, it } from 'vitest';
import { at, codeOf, Person } from './support/person.ts';
import { twoInARoom, twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('leaving', (server) => {
  it('R6 who leaves sends nothing more, and messages wait until the Remove is committed', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
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
    const { alice, bob, room } = await twoInAThread(server().origin);
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
    const { alice, bob, room } = await twoInARoom(server().origin);
    await bob.leave(room);
    await bob.join(room);
    const { room: state } = await bob.socket.nextOf('room', (frame) => frame.room.joinedSeq > 2);
    expect(state).toMatchObject({ inGroup: true, pendingRemovals: [bob.device] });
    expect(await codeOf(bob.send(room, at(1, 1)))).toBe('not_in_group');
    await bob.enter(room, at(1, 1), [bob.device]);
    await bob.send(room, at(1, 2));
    await alice.send(room, at(1, 2));
  });

  it('R6 starting anew ends the old devices everywhere, and everyone hears of the new root', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
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
    const { alice, bob, room } = await twoInARoom(server().origin);
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
});
