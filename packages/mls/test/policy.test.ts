import { createGroup } from 'ts-mls/clientState.js';
import { createCommit, joinGroupExternal } from 'ts-mls/createCommit.js';
import { createProposal } from 'ts-mls/createMessage.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { type EngineContext, makeContext } from '../src/context.ts';
import { decodeGroupInfo, encodeGroupInfo } from '../src/group-info.ts';
import { unwrap } from '../src/group-state.ts';
import { encodeState, epoch, type GroupState, inspectGroupInfo, MlsEngine, readKeyPackage } from '../src/index.ts';
import { decodeKeyPackageBytes, generateKeyPackage } from '../src/key-package.ts';
import { bytes, type Device, Directory } from './directory.ts';
import { Room } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });

/** Members whose software follows ts-mls but not our policy. */
describe('a hostile member', () => {
  let directory: Directory;
  let ann: Device;
  let bob: Device;
  let eve: Device;
  let room: Room;
  /** Eve's own context, with which she calls ts-mls directly. */
  let context: EngineContext;
  let state: ReturnType<typeof unwrap>;

  beforeAll(async () => {
    directory = new Directory();
    [ann, bob, eve] = await directory.devices('ann', 'bob', 'eve');
    room = await Room.create(ann);
    await room.add(ann, bob, eve);
    await room.update(ann);
    context = makeContext({ signer: eve.signer, identity: eve.identity, authentication: directory });
    state = { ...unwrap(room.state(eve)), signaturePrivateKey: context.handle, clientConfig: context.config };
  });

  async function commit(proposals: Proposal[], wireAsPublicMessage = true): Promise<Uint8Array> {
    const options = { wireAsPublicMessage, extraProposals: proposals };
    const result = await createCommit({ state, pskIndex: emptyPskIndex, cipherSuite: context.suite }, options);
    return encodeMlsMessage(result.commit);
  }

  const process = (message: Uint8Array) => bob.engine.processCommit(room.state(bob), message);

  test('gets no mixture of Add and Remove through', async () => {
    const dan = await directory.device('dan');
    const keyPackage = decodeKeyPackageBytes((await dan.engine.createKeyPackage()).keyPackage);
    const mixed = await commit([
      { proposalType: 'add', add: { keyPackage } },
      { proposalType: 'remove', remove: { removed: 0 } },
    ]);
    await expect(process(mixed)).rejects.toEqual(code('invalid_commit'));
  });

  test('cannot change the group context', async () => {
    const extensions = await commit([
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions: [] } },
    ]);
    await expect(process(extensions)).rejects.toEqual(code('invalid_commit'));
  });

  test('cannot send a commit encrypted, nor a proposal on its own', async () => {
    await expect(process(await commit([], false))).rejects.toEqual(code('unexpected_content'));
    const remove: Proposal = { proposalType: 'remove', remove: { removed: 0 } };
    for (const open of [true, false]) {
      const { message } = await createProposal(state, open, remove, context.suite);
      const encoded = encodeMlsMessage(message);
      await expect(process(encoded)).rejects.toEqual(code('unexpected_content'));
      await expect(bob.engine.decrypt(room.state(bob), encoded)).rejects.toEqual(code('unexpected_content'));
    }
  });

  test('cannot throw another out by an external commit, nor take a second leaf', async () => {
    const { groupInfo, tree } = decodeGroupInfo(room.groupInfo);
    const mallory = await directory.device('mallory');
    const outside = makeContext({ signer: mallory.signer, identity: mallory.identity, authentication: directory });
    const join = async (from: EngineContext, victim?: Device) => {
      const { publicPackage, privatePackage } = await generateKeyPackage(from);
      const keyPackageEqualityConfig = {
        compareKeyPackages: () => false,
        // "My former leaf" is the victim's.
        compareKeyPackageToLeafNode: (_: unknown, leaf: { signaturePublicKey: Uint8Array }) =>
          victim !== undefined && Buffer.compare(leaf.signaturePublicKey, victim.signer.publicKey) === 0,
      };
      const config = { ...from.config, keyPackageEqualityConfig };
      const resync = victim !== undefined;
      const joined = await joinGroupExternal(
        groupInfo,
        publicPackage,
        privatePackage,
        resync,
        from.suite,
        tree,
        config,
      );
      const { publicMessage } = joined;
      return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
    };
    await expect(process(await join(outside))).resolves.toBeDefined();
    await expect(process(await join(outside, ann))).rejects.toEqual(code('invalid_commit'));
    await expect(process(await join(outside, bob))).rejects.toEqual(code('invalid_commit'));
    await expect(process(await join(context))).rejects.toEqual(code('invalid_commit'));
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
    const { publicPackage, privatePackage } = await generateKeyPackage(context);
    const extensionData = encodeRequiredCapabilities({
      extensionTypes: [],
      proposalTypes: [],
      credentialTypes: ['basic'],
    });
    const odd = await createGroup(
      bytes('odd'),
      publicPackage,
      privatePackage,
      [{ extensionType: 'required_capabilities', extensionData }],
      context.suite,
      context.config,
    );
    await expect(bob.engine.joinExternal(await encodeGroupInfo(context, odd))).rejects.toEqual(
      code('invalid_group_info'),
    );
    const own = await bob.engine.createKeyPackage();
    const { welcome } = await createCommit(
      { state: odd, pskIndex: emptyPskIndex, cipherSuite: context.suite },
      {
        wireAsPublicMessage: true,
        ratchetTreeExtension: true,
        extraProposals: [{ proposalType: 'add', add: { keyPackage: decodeKeyPackageBytes(own.keyPackage) } }],
      },
    );
    if (welcome === undefined) throw new Error('no welcome');
    const message = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome });
    await expect(bob.engine.joinFromWelcome(message, own)).rejects.toEqual(code('invalid_welcome'));
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
    const other = await directory.device('other');
    await expect(other.engine.encrypt(state, bytes('x'))).rejects.toEqual(code('misuse'));
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

  test('may do with their bytes what they like afterwards', async () => {
    const dan = await directory.device('dan2');
    const groupInfo = await ann.engine.groupInfo(state);
    const pending = await dan.engine.joinExternal(groupInfo);
    const commit = pending.commit.slice();
    const joined = encodeState(pending.state);
    groupInfo.fill(0);
    expect(encodeState(pending.state)).toEqual(joined);
    const result = await ann.engine.processCommit(state, commit);
    const processed = encodeState(result.state);
    commit.fill(0);
    expect(encodeState(result.state)).toEqual(processed);
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
    const { groupInfo } = decodeGroupInfo(await ann.engine.groupInfo(state));
    const external = groupInfo.extensions.find(({ extensionType }) => extensionType === 'external_pub');
    expect(external?.extensionData.length).toBe(33);
    expect(external?.extensionData[0]).toBe(32);
    expect(inspectGroupInfo(await ann.engine.groupInfo(state)).members.length).toBe(1);
  });
});
