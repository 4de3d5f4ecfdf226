import { randomUUID } from 'node:crypto';
import type { RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { commit } from '../src/relay/commit.ts';
import { createThread } from '../src/relay/create-thread.ts';
import { found } from '../src/relay/found.ts';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';

onEachDatabase('requests of a replaced device that were waiting', (server) => {
  it('R6 change nothing: no commit, no founding, no thread', async () => {
    const [alice, bob] = [await Person.online(server().origin), await Person.online(server().origin)];
    const room = await bob.room(`room ${randomUUID()}`);
    await bob.found(room);
    const old = { account: bob.account, device: bob.device };
    const again = new Person(server().origin);
    again.me = await again.http.ok('POST', '/sessions', {
      username: bob.me.account.username,
      password: 'Correct horse 9',
    });
    await again.registerDevice(true);

    // The socket is closed by now; what it had asked for comes to the writer after the new device.
    const { relay } = server().services;
    const group = { id: entryId(), groupInfo: bob.groupInfo(room, at(1, 1)), authenticator: blob(32) };
    const founding = { id: entryId(), ...bob.founding(room, at(2, 0).generation) };
    const entering = { ...group, room, ...at(1, 0), external: true, commit: blob(), removed: [old.device] };
    const thread = { ...group, room: randomUUID() as RoomId, commit: blob(), welcome: blob() };
    const waiting = [
      relay.change((tx, outbox) => commit(tx, outbox, old, { ...entering, added: [old.device] })),
      relay.change((tx, outbox) => found(tx, outbox, old, founding)),
      relay.change((tx, outbox) =>
        createThread(tx, outbox, old, { ...thread, members: [alice.account], added: [alice.device] }),
      ),
    ];
    expect(await Promise.all(waiting.map(codeOf))).toEqual(['device_replaced', 'device_replaced', 'device_replaced']);
  });
});
