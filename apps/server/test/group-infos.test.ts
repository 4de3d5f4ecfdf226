import { createHash } from 'node:crypto';
import { type ClientFrameOf, equalBytes, type RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { type GroupInfoParts, groupInfoBytes } from './support/mls-bytes.ts';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { twoInARoom, twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';

/** Group infos that no member could use, by what is wrong with them. */
const broken: readonly (readonly [what: string, parts: GroupInfoParts])[] = [
  ['of another version', { version: 2 }],
  ['of another suite', { suite: 2 }],
  ['of another wire format', { wireFormat: 3 }],
  ['of another room', { groupId: '5ae0a4f6-6d0c-4f0b-9d2e-2b6c19ad4d5c/1/public/shared' }],
  ['with a short tag', { tagBytes: 31 }],
  ['with a long tag', { tagBytes: 33 }],
  ['without a tag', { tagBytes: 0 }],
  ['with a random signature', { signature: blob(64) }],
  ['without a signature', { signature: new Uint8Array() }],
  ['with more behind it', { after: blob(1) }],
];

onEachDatabase('group infos', (server) => {
  const person = () => Person.online(server().origin);

  it('R13 a commit with a group info that is malformed or not signed is invalid_group_info and changes nothing', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const group = async () => {
      const { ref: _ref, ...rest } = await bob.socket.request<'group'>({ type: 'group', room });
      return rest;
    };
    const before = await group();
    for (const [what, parts] of broken) {
      const groupInfo = alice.groupInfo(room, at(1, 2), parts);
      expect(await codeOf(alice.commit(room, at(1, 1), { groupInfo })), what).toBe('invalid_group_info');
    }
    expect(await group()).toEqual(before);
    await alice.send(room, at(1, 1));
  });

  it('R13 a group info is of the epoch that begins, and of the device that sends it', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    for (const groupInfo of [
      blob(300),
      new Uint8Array(1),
      alice.groupInfo(room, at(1, 1)),
      alice.groupInfo(room, at(1, 3)),
      alice.groupInfo(room, at(2, 2)),
      bob.groupInfo(room, at(1, 2)),
      groupInfoBytes({ room, ...at(1, 2), kind: 'thread' }, alice.key.privateKey),
    ]) {
      expect(await codeOf(alice.commit(room, at(1, 1), { groupInfo }))).toBe('invalid_group_info');
    }
    await alice.commit(room, at(1, 1));
  });

  it('R13 an external commit, a founding and a new thread are held to the same', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const carol = await person();
    await carol.join(room);
    const entering = { external: true, added: [carol.device], groupInfo: bob.groupInfo(room, at(1, 2)) };
    expect(await codeOf(carol.commit(room, at(1, 1), entering))).toBe('invalid_group_info');
    await carol.enter(room, at(1, 1));

    const empty = await alice.room(`room ${crypto.randomUUID()}`);
    const founding = alice.founding(empty, at(1, 0).generation);
    const foreign = alice.founding(empty, at(1, 0).generation, null, bob.groupInfo(empty, at(1, 0)));
    expect(await codeOf(alice.socket.request({ type: 'found', id: entryId(), ...foreign }))).toBe('invalid_group_info');
    await alice.socket.request({ type: 'found', id: entryId(), ...founding });

    const thread = crypto.randomUUID() as RoomId;
    const creation = {
      type: 'create_thread' as const,
      room: thread,
      id: entryId(),
      members: [bob.account],
      commit: blob(),
      welcome: blob(),
      added: [bob.device],
      authenticator: blob(32),
    } satisfies Partial<ClientFrameOf<'create_thread'>>;
    const asPublic = alice.groupInfo(thread, at(1, 1));
    expect(await codeOf(alice.socket.request({ ...creation, groupInfo: asPublic }))).toBe('invalid_group_info');
    expect(await codeOf(bob.socket.request({ type: 'group', room: thread }))).toBe('unknown_room');
    const groupInfo = groupInfoBytes({ room: thread, ...at(1, 1), kind: 'thread' }, alice.key.privateKey);
    await alice.socket.request({ ...creation, groupInfo });
  });

  it('R13 what a patch leads to is held to the same', async () => {
    const { alice, bob, room } = await twoInAThread(server().origin);
    const { groupInfo: before } = await bob.socket.request<'group'>({ type: 'group', room });
    const patchTo = (after: Uint8Array<ArrayBuffer>) => ({
      groupInfoPatch: {
        splices: [[0, before.length, after] as [number, number, Uint8Array<ArrayBuffer>]],
        sha256: new Uint8Array(createHash('sha256').update(after).digest()),
      },
    });
    for (const after of [blob(40), before, bob.groupInfo(room, at(1, 2)), alice.groupInfo(room, at(1, 1))]) {
      expect(await codeOf(alice.commit(room, at(1, 1), patchTo(after)))).toBe('invalid_group_info');
    }
    await alice.commit(room, at(1, 1), patchTo(alice.groupInfo(room, at(1, 2))));
  });

  it('R13 a large group info is checked in passing', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const groupInfo = alice.groupInfo(room, at(1, 2), { treeBytes: 3_300_000 });
    await alice.commit(room, at(1, 1), { groupInfo });
    const stored = await alice.socket.request<'group'>({ type: 'group', room });
    expect(equalBytes(stored.groupInfo, groupInfo)).toBe(true);
  });
});
