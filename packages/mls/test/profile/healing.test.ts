import { describe, expect, test } from 'vitest';
import type { GroupState } from '../../src/index.ts';
import { canRead, openedOfPath, senderDataOf } from '../support/attacker.ts';
import { secretBytes } from '../support/reachable.ts';
import { bytes, type Device, Directory } from './directory.ts';
import { Room, stored } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });
const copy = (message: Uint8Array) => new Uint8Array(message);

/** What someone has who copied a device's memory and disk: later wiping does not touch it. */
function lootOf(state: GroupState): Set<Uint8Array> {
  return new Set([...secretBytes(state)].map((secret) => new Uint8Array(secret)));
}

async function roomOf(...names: string[]): Promise<{ room: Room; devices: Device[] }> {
  const devices = await new Directory().devices(...names);
  const [founder, ...others] = devices as [Device, ...Device[]];
  const room = await Room.create(founder);
  await room.add(founder, ...others);
  for (const device of devices) await room.update(device);
  return { room, devices };
}

describe.each([
  ['ann', 'victim'],
  ['ann', 'victim', 'cat', 'dan'],
])('in a thread of %s, %s, ...', (...names) => {
  test('a stolen state does not open what follows the victim’s update, of whomever', async () => {
    const { room, devices } = await roomOf(...names);
    const [ann, victim] = devices as [Device, Device];
    const thief = stored(room.state(victim));
    const loot = lootOf(thief);
    const heard = copy(await room.say(ann, 'heard'));
    expect(await canRead(loot, heard, await senderDataOf(heard, room.state(ann)))).toBe(true);

    const before = room.state(ann);
    const healing = await victim.engine.update(room.state(victim));
    await room.accept(victim, healing);
    expect(await openedOfPath(loot, copy(healing.commit), before, room.state(ann))).toBe(0);
    await expect(victim.engine.processCommit(thief, healing.commit)).rejects.toEqual(code('own_message'));
    for (const author of [ann, victim]) {
      const later = copy(await room.say(author, 'healed'));
      const senderData = await senderDataOf(later, room.state(ann));
      expect(await canRead(loot, later, senderData)).toBe(false);
      await expect(victim.engine.decrypt(thief, later)).rejects.toEqual(code('wrong_epoch'));
    }
    // Nor does the thief speak for the victim any more, even with its signing key.
    const forged = await victim.engine.encrypt(thief, bytes('it is me'));
    await expect(ann.engine.decrypt(room.state(ann), forged.message)).rejects.toEqual(code('wrong_epoch'));
  });

  test('a state stolen after the update does not open what was before it', async () => {
    const { room, devices } = await roomOf(...names);
    const [ann, victim] = devices as [Device, Device];
    const read = copy(await room.say(ann, 'read before'));
    const missed = await ann.engine.encrypt(room.state(ann), bytes('never came'));
    const held = lootOf(room.state(victim));
    const senderData = await senderDataOf(copy(missed.message), room.state(ann));
    const readData = await senderDataOf(read, room.state(ann));
    expect(await canRead(held, copy(missed.message), senderData)).toBe(true);
    await room.update(victim);
    const loot = lootOf(room.state(victim));
    expect(await canRead(loot, copy(missed.message), senderData)).toBe(false);
    expect(await canRead(loot, read, readData)).toBe(false);
  });

  test('an update of someone else does not lock a thief out', async () => {
    const { room, devices } = await roomOf(...names);
    const [ann, victim] = devices as [Device, Device];
    const thief = stored(room.state(victim));
    const before = room.state(ann);
    const update = await ann.engine.update(room.state(ann));
    await room.accept(ann, update);
    expect(await openedOfPath(lootOf(thief), copy(update.commit), before, room.state(ann))).toBe(1);
    const { state } = await victim.engine.processCommit(thief, update.commit);
    const later = await room.say(ann, 'heard');
    await expect(victim.engine.decrypt(state, later)).resolves.toBeDefined();
  });
});
