import { describe, expect, test } from 'vitest';
import { storedChanges, wipeState } from '../../src/index.ts';
import {
  epoch,
  epochAuthenticator,
  groupId,
  inspectGroupInfo,
  isActive,
  members,
  readKeyPackage,
} from '../../src/profile/index.ts';
import { bytes, Directory, hex, names, textOf } from './directory.ts';
import { Room, stored } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });

describe('a group', () => {
  test('is created, added to, talked in, updated and left', async () => {
    const directory = new Directory();
    const [ann, bob, cat, dan] = await directory.devices('ann', 'bob', 'cat', 'dan');
    const room = await Room.create(ann);
    await room.add(ann, bob, cat);
    await room.say(bob, 'hello');
    await room.update(cat);
    await room.joinExternal(dan);
    await room.say(dan, 'I am here');
    await room.remove(dan, bob);
    await room.say(ann, 'bob left');
    expect(epoch(room.state(ann))).toBe(4);
    expect(textOf(groupId(room.state(ann)))).toBe('room');
    expect(names(members(room.state(ann)))).toEqual(['ann', 'cat', 'dan']);
    const described = inspectGroupInfo(room.groupInfo);
    expect(described.epoch).toBe(4);
    expect(names(described.members)).toEqual(['ann', 'cat', 'dan']);
  });

  test('exports the same secret to all of an epoch, by label and context', async () => {
    const directory = new Directory();
    const [ann, bob] = await directory.devices('ann', 'bob');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    const of = (device: typeof ann, label: string, context: string) =>
      device.engine.exportSecret(room.state(device), label, bytes(context), 32).then(hex);
    expect(await of(ann, 'content', 'a')).toBe(await of(bob, 'content', 'a'));
    expect(await of(ann, 'content', 'a')).not.toBe(await of(ann, 'content', 'b'));
    expect(await of(ann, 'content', 'a')).not.toBe(await of(ann, 'history', 'a'));
    const before = await of(ann, 'content', 'a');
    await room.update(bob);
    expect(await of(ann, 'content', 'a')).not.toBe(before);
  });

  test('takes two devices of one account, and refuses one device twice', async () => {
    const directory = new Directory();
    const [ann, laptop, phone] = await directory.devices('ann/1', 'bob/laptop', 'bob/phone');
    const room = await Room.create(ann);
    await room.add(ann, laptop, phone);
    await room.say(phone, 'from the phone');
    const again = await phone.engine.createKeyPackage();
    await expect(ann.engine.add(room.state(ann), [again.keyPackage])).rejects.toEqual(code('already_member'));
    await expect(phone.engine.joinExternal(room.groupInfo)).rejects.toEqual(code('already_member'));
  });

  test('works with a key that cannot be exported, and never stores one that can', async () => {
    const directory = new Directory();
    const ann = await directory.device('ann', true);
    const bob = await directory.device('bob');
    expect(bob.signer.privateKey.extractable).toBe(false);
    const room = await Room.create(ann);
    await room.add(ann, bob);
    await room.say(bob, 'signed inside WebCrypto');

    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', ann.signer.privateKey));
    const raw = pkcs8.subarray(-32);
    const { secret, keyPackage } = await ann.engine.createKeyPackage();
    const records = storedChanges({}, { current: room.state(ann) }).map(({ value }) => value ?? bytes(''));
    for (const written of [...records, secret, keyPackage, room.groupInfo]) {
      expect(Buffer.from(written).includes(raw)).toBe(false);
    }
    // The restored state signs again: the key was never in it.
    room.reload();
    await room.update(ann);
    await room.say(ann, 'restored');
  });

  test('agrees on a resync, after which the lost state is dead', async () => {
    const directory = new Directory();
    const [ann, bob, cat] = await directory.devices('ann', 'bob', 'cat');
    const room = await Room.create(ann);
    await room.add(ann, bob, cat);
    const lost = room.state(bob);
    const pending = await room.joinExternal(bob, true);
    expect(names(pending.removed)).toEqual(['bob']);
    expect(names(members(room.state(ann)))).toEqual(['ann', 'bob', 'cat']);
    await room.say(bob, 'back');
    const dead = await bob.engine.processCommit(lost, pending.commit);
    expect(dead.removedSelf).toBe(true);
    expect(isActive(dead.state)).toBe(false);
    // Resync of one who is not there is a plain join.
    const dan = await directory.device('dan');
    await room.joinExternal(dan, true);
  });
});

describe('who may not read', () => {
  test('one of three, removed, cannot follow', async () => {
    const directory = new Directory();
    const [ann, bob, cat] = await directory.devices('ann', 'bob', 'cat');
    const room = await Room.create(ann);
    await room.add(ann, bob, cat);
    for (const device of [ann, bob, cat]) await room.update(device);
    const last = room.state(cat);
    const { commit } = await room.remove(ann, cat);
    const message = await room.say(ann, 'without cat');
    const { commit: next } = await ann.engine.update(room.state(ann));

    await expect(cat.engine.decrypt(last, message)).rejects.toEqual(code('wrong_epoch'));
    await expect(cat.engine.processCommit(last, next)).rejects.toEqual(code('wrong_epoch'));
    const told = await cat.engine.processCommit(last, commit);
    expect(told.removedSelf).toBe(true);
    expect(names(members(told.state))).toEqual(['ann', 'bob']);
    for (const state of [told.state, stored(told.state)]) {
      expect(isActive(state)).toBe(false);
      expect(epochAuthenticator(state).length).toBe(0);
      await expect(cat.engine.decrypt(state, message)).rejects.toEqual(code('removed'));
      await expect(cat.engine.processCommit(state, next)).rejects.toEqual(code('removed'));
      await expect(cat.engine.encrypt(state, bytes('?'))).rejects.toEqual(code('removed'));
    }
    expect(names(inspectGroupInfo(room.groupInfo).members)).toEqual(['ann', 'bob']);
  });

  test('a newcomer by Welcome cannot read what was said before', async () => {
    const directory = new Directory();
    const [ann, bob, cat] = await directory.devices('ann', 'bob', 'cat');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    const before = await room.say(ann, 'before');
    await room.add(ann, cat);
    await expect(cat.engine.decrypt(room.state(cat), before)).rejects.toEqual(code('wrong_epoch'));
    await room.say(bob, 'after');
  });

  test('a message is opened once, and never by its sender', async () => {
    const directory = new Directory();
    const [ann, bob] = await directory.devices('ann', 'bob');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    const first = await room.say(ann, 'once');
    await expect(bob.engine.decrypt(room.state(bob), first)).rejects.toEqual(code('replayed'));
    await expect(ann.engine.decrypt(room.state(ann), first)).rejects.toEqual(code('own_message'));
  });
});

describe('states', () => {
  test('an old state stays valid until it is wiped; the new one survives the wiping', async () => {
    const directory = new Directory();
    const [ann, bob] = await directory.devices('ann', 'bob');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    const old = room.state(bob);
    const sent = await ann.engine.encrypt(room.state(ann), bytes('x'));
    const got = await bob.engine.decrypt(old, sent.message);
    const again = await bob.engine.decrypt(old, sent.message);
    expect(textOf(again.plaintext)).toBe('x');
    wipeState(old, got.state);
    await expect(bob.engine.decrypt(old, sent.message)).rejects.toBeInstanceOf(Error);
    room.states.set(ann, sent.state);
    room.states.set(bob, got.state);
    await room.say(bob, 'still here');

    const lost = await bob.engine.update(room.state(bob));
    wipeState(lost.state, room.state(bob));
    await room.say(bob, 'the pending one is gone');
    for (const author of [ann, bob, ann]) {
      const before = new Map(room.states);
      await room.update(author);
      for (const [device, state] of before) wipeState(state, room.state(device));
      await room.say(author, 'wiped');
    }
    const whole = room.state(ann);
    wipeState(whole);
    expect(hex(whole.secrets.initSecret)).toMatch(/^0+$/);
    expect(hex(whole.secrets.exporterSecret)).toMatch(/^0+$/);
  });

  test('a sender skips generations that were never delivered', async () => {
    const directory = new Directory();
    const [ann, bob] = await directory.devices('ann', 'bob');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    let state = room.state(ann);
    for (let i = 0; i < 30; i++) ({ state } = await ann.engine.encrypt(state, bytes('lost')));
    room.states.set(ann, state);
    await room.say(ann, 'found');
    room.reload();
    await room.say(ann, 'and on');
  });
});

describe('key packages', () => {
  test('are described after verification', async () => {
    const directory = new Directory();
    const ann = await directory.device('ann');
    const { keyPackage, reference } = await ann.engine.createKeyPackage();
    const read = await readKeyPackage(keyPackage);
    expect(read.identity).toEqual(ann.identity);
    expect(read.signatureKey).toEqual(ann.signer.publicKey);
    expect(read.reference).toEqual(reference);
    expect(read.lastResort).toBe(false);
    expect(await readKeyPackage(keyPackage.subarray(4))).toEqual(read);
    const last = await ann.engine.createKeyPackage({ lastResort: true });
    expect((await readKeyPackage(last.keyPackage)).lastResort).toBe(true);
  });

  test('of strangers are refused, as are Welcomes for others', async () => {
    const directory = new Directory();
    const [ann, bob, eve] = await directory.devices('ann', 'bob', 'eve');
    const room = await Room.create(ann);
    const { keyPackage } = await eve.engine.createKeyPackage();
    directory.revoke(eve);
    await expect(ann.engine.add(room.state(ann), [keyPackage])).rejects.toEqual(code('unauthenticated_member'));
    await expect(eve.engine.joinExternal(room.groupInfo)).resolves.toBeDefined();
    const sneaky = await eve.engine.joinExternal(room.groupInfo);
    await expect(ann.engine.processCommit(room.state(ann), sneaky.commit)).rejects.toEqual(
      code('unauthenticated_member'),
    );
    const own = await bob.engine.createKeyPackage();
    const other = await bob.engine.createKeyPackage();
    const { welcome } = await ann.engine.add(room.state(ann), [own.keyPackage]);
    await expect(bob.engine.joinFromWelcome(welcome ?? bytes(''), other)).rejects.toEqual(code('not_addressed'));
  });
});
