import { beforeAll, describe, expect, test } from 'vitest';
import {
  basicCredential,
  type CommitOptions,
  createCommit,
  createGroup,
  createGroupInfo,
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupState,
  generateKeyPackage,
  joinExternal,
  type MlsClient,
  type Proposal,
  proposalTypes,
  propose,
  requiredCapabilitiesExtension,
  wireFormats,
} from '../../src/index.ts';
import { externalPubOf } from '../../src/messages/extension.ts';
import { epoch, inspectGroupInfo, MlsEngine, readKeyPackage } from '../../src/profile/index.ts';
import { bytes, type Device, Directory, hex } from './directory.ts';
import { lawless } from './lawless.ts';
import { Room, recordsOf } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });

function groupInfoOf(message: Uint8Array) {
  const decoded = decodeMlsMessage(message);
  if (decoded.wireFormat !== wireFormats.groupInfo) throw new Error('not a group info');
  return decoded.groupInfo;
}

describe('a hostile member', () => {
  let directory: Directory;
  let ann: Device;
  let bob: Device;
  let eve: Device;
  let room: Room;

  beforeAll(async () => {
    directory = new Directory();
    [ann, bob, eve] = await directory.devices('ann', 'bob', 'eve');
    room = await Room.create(ann);
    await room.add(ann, bob, eve);
    await room.update(ann);
  });

  const commit = async (options: CommitOptions, client = lawless(eve)) =>
    (await createCommit(client, room.state(eve), options)).commit;
  const process = (message: Uint8Array) => bob.engine.processCommit(room.state(bob), message);

  test('gets no mixture of proposals through, nor a path with Adds', async () => {
    const dan = await directory.device('dan');
    const { keyPackage } = await generateKeyPackage(lawless(dan));
    const add: Proposal = { type: proposalTypes.add, keyPackage };
    const remove: Proposal = { type: proposalTypes.remove, removed: 0 };
    await expect(process(await commit({ proposals: [add, remove] }))).rejects.toEqual(code('policy'));
    await expect(process(await commit({ proposals: [add], path: true }))).rejects.toEqual(code('policy'));
  });

  test('cannot change the group context, nor its own identity', async () => {
    const extensions: Proposal = { type: proposalTypes.groupContextExtensions, extensions: [] };
    await expect(process(await commit({ proposals: [extensions] }))).rejects.toEqual(code('policy'));
    const mallory = await directory.device('mallory');
    const successor = lawless(mallory);
    await expect(process(await commit({ successor }))).rejects.toEqual(code('policy'));
  });

  test('cannot send a commit encrypted, nor a proposal on its own', async () => {
    await expect(process(await commit({ format: 'private' }))).rejects.toEqual(code('unexpected_content'));
    const remove: Proposal = { type: proposalTypes.remove, removed: 0 };
    for (const format of ['public', 'private'] as const) {
      const { message } = await propose(lawless(eve), room.state(eve), remove, { format });
      await expect(process(message)).rejects.toEqual(code('unexpected_content'));
      await expect(bob.engine.decrypt(room.state(bob), message)).rejects.toEqual(code('unexpected_content'));
    }
  });

  test('cannot take a second leaf from outside', async () => {
    const client = lawless(eve);
    const twin = { ...client, signer: (await directory.device('twin')).signer };
    const mallory = lawless(await directory.device('mallory'));
    const { commit: joined } = await joinExternal(mallory, groupInfoOf(room.groupInfo));
    await expect(process(joined)).resolves.toBeDefined();
    // As another credential, so that her software lets her.
    const masked = { ...twin, credential: basicCredential(bytes('someone else')) };
    const { commit: second } = await joinExternal(masked, groupInfoOf(room.groupInfo));
    await expect(process(second)).rejects.toEqual(code('unauthenticated_member'));
  });

  test('cannot put leaf extensions or an empty identity into the tree', async () => {
    const client = lawless(eve);
    const withExtension = { ...client, leafExtensions: [{ type: 0xf123, data: bytes('x') }] } as MlsClient;
    await expect(process(await commit({ path: true }, withExtension))).rejects.toEqual(code('policy'));
  });

  test('cannot commit for another group or an epoch gone by, nor feed us our own', async () => {
    const elsewhere = await Room.create(ann, 'elsewhere');
    await elsewhere.add(ann, bob);
    const foreign = await ann.engine.update(elsewhere.state(ann));
    await expect(process(foreign.commit)).rejects.toEqual(code('wrong_group'));
    const message = await ann.engine.encrypt(elsewhere.state(ann), bytes('x'));
    await expect(bob.engine.decrypt(room.state(bob), message.message)).rejects.toEqual(code('wrong_group'));
    const own = await bob.engine.update(room.state(bob));
    await expect(process(own.commit)).rejects.toEqual(code('own_message'));
    const late = await ann.engine.update(room.state(ann));
    await expect(bob.engine.processCommit(own.state, late.commit)).rejects.toEqual(code('wrong_epoch'));
    await expect(process(room.groupInfo)).rejects.toEqual(code('unexpected_content'));
  });

  test('cannot lure us into a group whose context has extensions', async () => {
    const client = lawless(eve);
    const extensions = [requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [1] })];
    const odd = await createGroup(client, bytes('odd'), { extensions });
    const groupInfo = await createGroupInfo(client, odd);
    const message = encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
    await expect(bob.engine.joinExternal(message)).rejects.toEqual(code('policy'));
    expect(() => inspectGroupInfo(message)).toThrow(code('policy'));
    const own = await bob.engine.createKeyPackage();
    const decoded = decodeMlsMessage(own.keyPackage);
    if (decoded.wireFormat !== wireFormats.keyPackage) throw new Error('not a key package');
    const add: Proposal = { type: proposalTypes.add, keyPackage: decoded.keyPackage };
    const { welcome } = await createCommit(client, odd, { proposals: [add] });
    await expect(bob.engine.joinFromWelcome(welcome ?? bytes(''), own)).rejects.toEqual(code('policy'));
  });
});

describe('callers', () => {
  let directory: Directory;
  let ann: Device;
  let state: GroupState;

  beforeAll(async () => {
    directory = new Directory();
    ann = await directory.device('ann');
    state = await ann.engine.createGroup(bytes('g'));
  });

  test('are told of misuse', async () => {
    await expect(ann.engine.add(state, [])).rejects.toEqual(code('misuse'));
    await expect(ann.engine.remove(state, [])).rejects.toEqual(code('misuse'));
    await expect(ann.engine.remove(state, [0])).rejects.toEqual(code('misuse'));
    await expect(ann.engine.remove(state, [5])).rejects.toEqual(code('misuse'));
    await expect(ann.engine.remove(state, [0.5])).rejects.toEqual(code('misuse'));
    await expect(ann.engine.createGroup(bytes(''))).rejects.toEqual(code('misuse'));
    await expect(ann.engine.exportSecret(state, 'x', bytes(''), 0)).rejects.toEqual(code('misuse'));
    const other = await directory.device('other');
    await expect(other.engine.encrypt(state, bytes('x'))).rejects.toEqual(code('misuse'));
    await expect(other.engine.update(state)).rejects.toEqual(code('misuse'));
  });

  test('learn that their authentication service failed, and may try again', async () => {
    let down = true;
    const authentication = {
      validate: async () => {
        if (down) throw new Error('offline');
        return true;
      },
    };
    const dan = await directory.device('dan');
    const engine = new MlsEngine({ signer: dan.signer, identity: dan.identity, authentication });
    const groupInfo = await ann.engine.groupInfo(state);
    await expect(engine.joinExternal(groupInfo)).rejects.toEqual(code('authentication_unavailable'));
    down = false;
    const { state: joined } = await engine.joinExternal(groupInfo);
    expect(epoch(joined)).toBe(1);
  });

  test('may send a join before its members are verified, and use it only after', async () => {
    const [dan, fay] = await directory.devices('dan4', 'fay');
    const joined = await dan.engine.joinExternal(await ann.engine.groupInfo(state), { verifyMembers: 'later' });
    const { engine } = dan;
    await expect(engine.encrypt(joined.state, bytes('x'))).rejects.toEqual(code('unverified_tree'));
    await expect(engine.exportSecret(joined.state, 'x', bytes(''), 32)).rejects.toEqual(code('unverified_tree'));
    const { state: theirs } = await ann.engine.processCommit(state, joined.commit);
    const { message } = await ann.engine.encrypt(theirs, bytes('hello'));
    await expect(engine.decrypt(joined.state, message)).rejects.toEqual(code('unverified_tree'));
    // A commit may be followed meanwhile, and does not make it verified.
    const add = await fay.engine.joinExternal(await ann.engine.groupInfo(theirs));
    const followed = await engine.processCommit(joined.state, add.commit);
    await expect(engine.encrypt(followed.state, bytes('x'))).rejects.toEqual(code('unverified_tree'));
    const verified = await engine.verifyMembers(joined.state);
    expect((await engine.decrypt(verified, message)).plaintext).toEqual(bytes('hello'));
    directory.revoke(ann);
    await expect(engine.verifyMembers(joined.state)).rejects.toEqual(code('unauthenticated_member'));
    ann = await directory.device('ann');
    state = await ann.engine.createGroup(bytes('g'));
  });

  test('may do with their bytes what they like afterwards', async () => {
    const dan = await directory.device('dan2');
    const groupInfo = await ann.engine.groupInfo(state);
    const pending = await dan.engine.joinExternal(groupInfo);
    const commit = pending.commit.slice();
    const joined = recordsOf(pending.state);
    groupInfo.fill(0);
    expect(recordsOf(pending.state)).toEqual(joined);
    const result = await ann.engine.processCommit(state, commit);
    const processed = recordsOf(result.state);
    commit.fill(0);
    expect(recordsOf(result.state)).toEqual(processed);
  });

  test('get an expired key package refused', async () => {
    const dan = await directory.device('dan3');
    const now = Date.now;
    try {
      Date.now = () => now() - 91 * 24 * 60 * 60 * 1000;
      const old = await dan.engine.createKeyPackage();
      Date.now = now;
      await expect(readKeyPackage(old.keyPackage)).rejects.toEqual(code('expired_key_package'));
      await expect(ann.engine.add(state, [old.keyPackage])).rejects.toEqual(code('expired_key_package'));
    } finally {
      Date.now = now;
    }
  });

  test('find external_pub with its length prefix (RFC 9420 §12.4.3.2)', async () => {
    const groupInfo = groupInfoOf(await ann.engine.groupInfo(state));
    const data = groupInfo.extensions.find(({ type }) => type === 4)?.data;
    expect(data?.length).toBe(33);
    expect(hex(externalPubOf(groupInfo.extensions) ?? bytes(''))).toBe(hex(data?.subarray(1) ?? bytes('')));
  });
});
