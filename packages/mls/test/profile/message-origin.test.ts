import { beforeAll, describe, expect, test } from 'vitest';
import { signContent } from '../../src/framing/authenticate.ts';
import { sealPrivateMessage } from '../../src/framing/private-content.ts';
import { encodeMlsMessage, propose, suite1, wireFormats } from '../../src/index.ts';
import { contentTypes, senderTypes } from '../../src/messages/numbers.ts';
import { nextGeneration } from '../../src/profile/index.ts';
import { snapshot } from '../support/snapshot.ts';
import { bytes, type Device, Directory, textOf } from './directory.ts';
import { lawless } from './lawless.ts';
import { Room, stored } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });

describe('where a message comes from', () => {
  let ann: Device;
  let bob: Device;
  let cat: Device;
  let room: Room;

  beforeAll(async () => {
    [ann, bob, cat] = await new Directory().devices('ann', 'bob', 'cat');
    room = await Room.create(ann);
    await room.add(ann, bob, cat);
    await room.say(ann, 'hello');
    await room.say(cat, 'hello');
  });

  test("a restored copy of a device's state notices what a later one has sealed", async () => {
    const copy = stored(room.state(ann));
    const known = await ann.engine.encrypt(room.state(ann), bytes('before the copy'));
    expect(nextGeneration(copy)).toBe(1);
    expect(nextGeneration(known.state)).toBe(2);
    expect(await ann.engine.messageOrigin(copy, known.message)).toEqual({
      leafIndex: room.leafOf(ann),
      generation: nextGeneration(copy),
    });
    const later = await ann.engine.encrypt(known.state, bytes('after it'));
    const { generation } = await ann.engine.messageOrigin(copy, later.message);
    expect(generation).toBeGreaterThan(nextGeneration(copy));
    // The state that sealed them is ahead of both.
    for (const { message } of [known, later]) {
      const origin = await ann.engine.messageOrigin(later.state, message);
      expect(origin.generation).toBeLessThan(nextGeneration(later.state));
    }
  });

  test('a device that has said nothing in an epoch begins at 0, whatever it has heard', async () => {
    expect(nextGeneration(room.state(bob))).toBe(0);
    const { state } = await ann.engine.update(room.state(ann));
    expect(nextGeneration(state)).toBe(0);
  });

  test('asking uses nothing up', async () => {
    const { message } = await ann.engine.encrypt(room.state(ann), bytes('read me'));
    const before = snapshot(room.state(bob));
    const origin = await bob.engine.messageOrigin(room.state(bob), message);
    expect(origin).toEqual({ leafIndex: room.leafOf(ann), generation: 1 });
    expect(snapshot(room.state(bob))).toBe(before);
    expect(textOf((await bob.engine.decrypt(room.state(bob), message)).plaintext)).toBe('read me');
  });

  test('what is no application message of this epoch and group is refused', async () => {
    const state = room.state(bob);
    const ask = (message: Uint8Array) => bob.engine.messageOrigin(state, message);
    const other = await Room.create(ann, 'another room');
    const { message: foreign } = await ann.engine.encrypt(other.state(ann), bytes('x'));
    await expect(ask(foreign)).rejects.toEqual(code('wrong_group'));
    const next = await ann.engine.update(room.state(ann));
    const { message: future } = await ann.engine.encrypt(next.state, bytes('x'));
    await expect(ask(future)).rejects.toEqual(code('wrong_epoch'));
    await expect(ask(next.commit)).rejects.toEqual(code('unexpected_content'));
    const handshake = await propose(lawless(cat), room.state(cat), { type: 3, removed: 1 }, { format: 'private' });
    await expect(ask(handshake.message)).rejects.toEqual(code('unexpected_content'));
    const { message } = await ann.engine.encrypt(room.state(ann), bytes('x'));
    await expect(ask(message.slice(0, -1))).rejects.toEqual(code('malformed'));
    const at = Buffer.from(message).indexOf('room') + 'room'.length + 8 + 1 + 1 + 1;
    const changed = new Uint8Array(message);
    changed[at] = (changed[at] as number) ^ 1;
    await expect(ask(changed)).rejects.toEqual(code('undecryptable'));
  });

  test('states that can do nothing say nothing', async () => {
    const { message } = await ann.engine.encrypt(room.state(ann), bytes('x'));
    const { commit } = await ann.engine.remove(room.state(ann), [room.leafOf(cat)]);
    const { state } = await cat.engine.processCommit(room.state(cat), commit);
    await expect(cat.engine.messageOrigin(state, message)).rejects.toEqual(code('removed'));
    expect(() => nextGeneration(state)).toThrow(code('removed'));
    const joined = await cat.engine.joinExternal(room.groupInfo, { resync: true, verifyMembers: 'later' });
    await expect(cat.engine.messageOrigin(joined.state, message)).rejects.toEqual(code('unverified_tree'));
  });

  test('any member can name another there: nothing is proved before the message is opened', async () => {
    const { contextBytes, context, secrets } = room.state(cat);
    const [victim, generation] = [room.leafOf(ann), 7];
    const framed = {
      groupId: context.groupId,
      epoch: context.epoch,
      sender: { type: senderTypes.member, leafIndex: victim },
      authenticatedData: new Uint8Array(),
      content: { type: contentTypes.application, data: new Uint8Array([1]) },
    } as const;
    const signed = await signContent(suite1, wireFormats.privateMessage, framed, contextBytes, cat.signer.privateKey);
    const privateMessage = await sealPrivateMessage(suite1, signed, {
      leafIndex: victim,
      generation,
      messageKey: { key: new Uint8Array(suite1.aead.keyBytes), nonce: new Uint8Array(suite1.aead.nonceBytes) },
      senderDataSecret: secrets.senderDataSecret,
      paddingBytes: 0,
    });
    const message = encodeMlsMessage({ wireFormat: wireFormats.privateMessage, privateMessage });
    expect(await ann.engine.messageOrigin(room.state(ann), message)).toEqual({ leafIndex: victim, generation });
    await expect(bob.engine.decrypt(room.state(bob), message)).rejects.toEqual(code('undecryptable'));
  });
});
