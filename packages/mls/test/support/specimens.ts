import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { type CommitOptions, createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { propose, proposeUpdate } from '../../src/group/propose.ts';
import { encodeMlsMessage } from '../../src/messages/mls-message.ts';
import { mls10, proposalTypes, pskTypes, wireFormats } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { clientNamed, commit, deliver, groupOf, type Member } from '../flows/members.ts';
import { randomBytes } from './hostile.ts';

/** Members of a group in which parents are filled, blank, and with unmerged leaves. */
export type Room = [Member, Member, Member, Member, Member];

export async function room(): Promise<Room> {
  const members = (await groupOf(['a', 'b', 'c', 'd'])) as Member[];
  for (const member of members) await commit(member, members);
  const client = await clientNamed('e');
  const { joined } = await commit(members[0] as Member, members, {}, [
    { client, own: await generateKeyPackage(client) },
  ]);
  return [...members, ...joined] as Room;
}

const remove = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });

async function addition(): Promise<Proposal> {
  const { keyPackage } = await generateKeyPackage(await clientNamed('x'));
  return { type: proposalTypes.add, keyPackage };
}

async function groupInfoOf({ client, state }: Member) {
  return createGroupInfo(client, state);
}

const psk = (): Proposal => ({
  type: proposalTypes.preSharedKey,
  psk: { type: pskTypes.external, id: textBytes('shared'), nonce: randomBytes() },
});

const reInit: Proposal = {
  type: proposalTypes.reInit,
  groupId: textBytes('next'),
  version: mls10,
  cipherSuite: 1,
  extensions: [],
};

/** A commit of `a`, for the others. */
type CommitMaker = (members: Room) => Promise<Bytes>;

function byValue(proposals: () => Promise<Proposal[]> | Proposal[], options: CommitOptions = {}): CommitMaker {
  return async ([{ client, state }]) =>
    (await createCommit(client, state, { ...options, proposals: await proposals() })).commit;
}

/** After a proposal of `c`, an Update of `d` and a Remove of `e`. */
const byReference: CommitMaker = async (members) => {
  const [a, , c, d] = members;
  const added = await propose(c.client, c.state, await addition());
  c.state = added.state;
  await deliver(added.message, c, members);
  const updated = await proposeUpdate(d.client, d.state, { format: 'private' });
  d.state = updated.state;
  await deliver(updated.message, d, members);
  const removed = await propose(c.client, c.state, remove(4));
  c.state = removed.state;
  await deliver(removed.message, c, members);
  return (await createCommit(a.client, a.state)).commit;
};

export const commitMakers: Readonly<Record<string, CommitMaker>> = {
  update: byValue(() => [], { path: true }),
  add: byValue(async () => [await addition(), await addition()]),
  'add with a path': byValue(async () => [await addition()], { path: true }),
  remove: byValue(() => [remove(2)]),
  'by reference': byReference,
  psk: byValue(() => [psk(), psk()]),
  extensions: byValue(() => [
    { type: proposalTypes.groupContextExtensions, extensions: [{ type: 1, data: randomBytes() }] },
  ]),
  reinit: byValue(() => [reInit]),
  private: byValue(() => [remove(2)], { format: 'private' }),
  external: async ([a]) => (await joinExternal(await clientNamed('x'), await groupInfoOf(a))).commit,
  resync: async ([a, , c]) => (await joinExternal(c.client, await groupInfoOf(a), { resync: true })).commit,
};

/** Other messages of `a` for the others. */
export const messageMakers: Readonly<Record<string, CommitMaker>> = {
  'public proposal': async ([a]) => (await propose(a.client, a.state, await addition())).message,
  'private proposal': async ([a]) => (await propose(a.client, a.state, remove(2), { format: 'private' })).message,
  'update proposal': async ([a]) => (await proposeUpdate(a.client, a.state)).message,
  application: async ([a]) => {
    const options = { authenticatedData: textBytes('in the clear'), paddingBytes: 20 };
    return (await encryptApplication(a.client, a.state, textBytes('hello'), options)).message;
  },
};

/** The group info of `a`. */
export async function groupInfoSpecimen([a]: Room): Promise<Bytes> {
  return encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo: await groupInfoOf(a) });
}
