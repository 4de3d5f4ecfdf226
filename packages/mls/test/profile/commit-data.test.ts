import { beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../src/codec/bytes.ts';
import { membershipTagOf, signContent } from '../../src/framing/authenticate.ts';
import {
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupState,
  type MlsError,
  suite1,
  wireFormats,
} from '../../src/index.ts';
import type { AuthenticatedContent } from '../../src/messages/framed-content.ts';
import { senderTypes } from '../../src/messages/numbers.ts';
import { epochAuthenticator, type PendingCommit } from '../../src/profile/index.ts';
import { bytes, type Device, Directory, hex, name, names, textOf } from './directory.ts';
import { Room } from './room.ts';

const evidence = 'what the log said so far';
const broken = (rule: string) => expect.objectContaining<Partial<MlsError>>({ name: 'MlsError', rule: rule as never });

function contentOf(commit: Uint8Array): AuthenticatedContent {
  const message = decodeMlsMessage(commit);
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  return message.publicMessage.content;
}

/** The commit with other authenticated data, tagged again as any member of the epoch can. */
function retagged(content: AuthenticatedContent, { contextBytes, secrets }: GroupState): Bytes {
  const membershipTag =
    content.framed.sender.type === senderTypes.member
      ? membershipTagOf(suite1.hash, content, contextBytes, secrets.membershipKey)
      : undefined;
  return encodeMlsMessage({ wireFormat: wireFormats.publicMessage, publicMessage: { content, membershipTag } });
}

/** The commit with other authenticated data, signed by its own committer, under the old confirmation tag. */
async function resigned(commit: Uint8Array, { signer }: Device, state: GroupState): Promise<Bytes> {
  const { wireFormat, framed, confirmationTag } = contentOf(commit);
  const changed = { ...framed, authenticatedData: bytes('another log') as Bytes };
  const signed = await signContent(suite1, wireFormat, changed, state.contextBytes, signer.privateKey);
  return retagged({ ...signed, confirmationTag }, state);
}

/** Flips a byte in the authenticated data and leaves the rest of the message alone. */
function flipped(commit: Uint8Array): Bytes {
  const at = Buffer.from(commit).indexOf(evidence);
  expect(at).toBeGreaterThan(0);
  const changed = new Uint8Array(commit);
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

type Way = 'add' | 'remove' | 'update' | 'external' | 'resync';
const ways: Way[] = ['add', 'remove', 'update', 'external', 'resync'];

describe.each(ways)('authenticated data of a commit: %s', (way) => {
  let directory: Directory;
  let ann: Device;
  let bob: Device;
  let committer: Device;
  let room: Room;
  let make: (data?: { authenticatedData?: Uint8Array }) => Promise<PendingCommit>;

  beforeAll(async () => {
    directory = new Directory();
    let cat: Device;
    let dan: Device;
    [ann, bob, cat, dan] = await directory.devices('ann', 'bob', 'cat', 'dan');
    room = await Room.create(ann);
    await room.add(ann, bob, cat);
    committer = way === 'external' ? dan : way === 'resync' ? cat : ann;
    const { engine } = committer;
    const { keyPackage } = await dan.engine.createKeyPackage();
    make = (data) => {
      switch (way) {
        case 'add':
          return engine.add(room.state(ann), [keyPackage], data);
        case 'remove':
          return engine.remove(room.state(ann), [room.leafOf(cat)], data);
        case 'update':
          return engine.update(room.state(ann), data);
        case 'external':
          return engine.joinExternal(room.groupInfo, data);
        case 'resync':
          return engine.joinExternal(room.groupInfo, { ...data, resync: true });
      }
    };
  });

  const process = (commit: Uint8Array) => bob.engine.processCommit(room.state(bob), commit);

  test('is what its receivers get, and empty if not given', async () => {
    const given = bytes(evidence);
    const pending = await make({ authenticatedData: given });
    given.fill(0);
    const { authenticatedData, state } = await process(pending.commit);
    expect(textOf(authenticatedData)).toBe(evidence);
    expect(hex(epochAuthenticator(state))).toBe(hex(epochAuthenticator(pending.state)));
    expect((await process((await make()).commit)).authenticatedData).toHaveLength(0);
  });

  test('is signed: a changed byte is refused, also from one who can make the membership tag', async () => {
    const { commit } = await make({ authenticatedData: bytes(evidence) });
    const isMember = way !== 'external' && way !== 'resync';
    const changed = flipped(commit);
    await expect(process(changed)).rejects.toEqual(broken(isMember ? 'membership_tag' : 'content_signature'));
    await expect(process(retagged(contentOf(changed), room.state(bob)))).rejects.toEqual(broken('content_signature'));
    await expect(process(commit)).resolves.toBeDefined();
  });

  test('is part of the transcript: even its committer cannot change it under the same confirmation tag', async () => {
    const { commit } = await make({ authenticatedData: bytes(evidence) });
    const other = await resigned(commit, committer, room.state(bob));
    await expect(process(other)).rejects.toEqual(broken('confirmation_tag'));
  });
});

test('two commits that differ only in authenticated data lead to two epochs', async () => {
  const directory = new Directory();
  const [ann, bob] = await directory.devices('ann', 'bob');
  const state = await ann.engine.createGroup(bytes('room'));
  const { keyPackage } = await bob.engine.createKeyPackage();
  const epochOf = async (data: string) => {
    const pending = await ann.engine.add(state, [keyPackage], { authenticatedData: bytes(data) });
    return hex(epochAuthenticator(pending.state));
  };
  expect(await epochOf('a')).toBe(await epochOf('a'));
  expect(await epochOf('a')).not.toBe(await epochOf('b'));
});

describe('the committer in the tree before its commit', () => {
  test('is its leaf there, or nobody where it joins by the commit', async () => {
    const directory = new Directory();
    const [ann, bob, cat, dan] = await directory.devices('ann', 'bob', 'cat', 'dan');
    const room = await Room.create(ann);
    await room.add(ann, bob, cat);
    const process = async (commit: Uint8Array) => bob.engine.processCommit(room.state(bob), commit);

    const member = await process((await ann.engine.update(room.state(ann))).commit);
    expect(member).toMatchObject({ external: false, committerBefore: { leafIndex: room.leafOf(ann) } });
    expect(member.committerBefore).toEqual(member.committer);

    const stranger = await process((await dan.engine.joinExternal(room.groupInfo)).commit);
    expect(stranger).toMatchObject({ external: true, committerBefore: null, removed: [] });
    expect(name(stranger.committer.identity)).toBe('dan');

    // Its former leaf is named as removed; a right to commit does not follow from it.
    const former = room.leafOf(cat);
    const back = await process((await cat.engine.joinExternal(room.groupInfo, { resync: true })).commit);
    expect(back).toMatchObject({ external: true, committerBefore: null, removed: [{ leafIndex: former }] });
    expect(names(back.removed)).toEqual(['cat']);
  });

  test('is known to one who is removed by the commit', async () => {
    const directory = new Directory();
    const [ann, bob] = await directory.devices('ann', 'bob');
    const room = await Room.create(ann);
    await room.add(ann, bob);
    const { commit } = await ann.engine.remove(room.state(ann), [room.leafOf(bob)]);
    const gone = await bob.engine.processCommit(room.state(bob), commit);
    expect(gone).toMatchObject({
      removedSelf: true,
      external: false,
      committerBefore: { leafIndex: room.leafOf(ann) },
    });
  });
});
