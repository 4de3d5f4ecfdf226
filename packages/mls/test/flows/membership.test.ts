import { describe, expect, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import { encode } from '../../src/codec/writer.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { verifyTree } from '../../src/group/verify-members.ts';
import { proposalTypes } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { writeTree } from '../../src/tree/encode-tree.ts';
import { leafAt, memberCount } from '../../src/tree/ratchet-tree.ts';
import { clientNamed, commit, deliver, expectAgreement, groupOf, Member, newcomer, welcomed } from './members.ts';

const removal = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });
const names = (count: number) => Array.from({ length: count }, (_, i) => `member ${i}`);

async function joinedExternally(members: readonly Member[], client: Member['client'], resync = false): Promise<Member> {
  const [first] = members as [Member];
  const groupInfo = await createGroupInfo(first.client, first.state);
  const created = await joinExternal(client, groupInfo, { resync });
  const joined = new Member(client, created.state);
  await deliver(created.commit, joined, members);
  expectAgreement([joined, ...members.filter(({ state }) => state.status === 'active')]);
  return joined;
}

describe('Welcome', () => {
  it('into a tree whose inner nodes are blank between the two', async () => {
    const members = await groupOf(names(8));
    // Leaves 1 to 3 go: the path of leaf 0 to the newcomer at leaf 1 and further leaves out the node above leaves 0 to 3.
    const present = members.filter((_, i) => i !== 2 && i !== 3);
    await commit(members[4] as Member, members, { proposals: [removal(2), removal(3), removal(1)] });
    const staying = present.filter(({ state }) => state.status === 'active');
    const { joined } = await commit(members[0] as Member, staying, { path: true }, [await newcomer('new')]);
    const all = [...staying, ...joined];
    expect(joined[0]?.state.leafIndex).toBe(1);
    for (const member of all) await commit(member, all);
    const [last] = all.slice(-1) as [Member];
    const more = await commit(last, all, { path: true }, [
      await newcomer('x'),
      await newcomer('y'),
      await newcomer('z'),
    ]);
    const everyone = [...all, ...more.joined];
    for (const member of everyone) await commit(member, everyone);
  });

  it('with the tree beside it, and the members verified later', async () => {
    const members = await groupOf(['a', 'b']);
    const [a] = members as [Member];
    const { client, own } = await newcomer('c');
    const proposals: Proposal[] = [{ type: proposalTypes.add, keyPackage: own.keyPackage }];
    const { created } = await commit(a, members, { proposals, treeInWelcome: false });
    await expect(welcomed(client, own, created.welcome)).rejects.toMatchObject({ rule: 'tree_not_given' });
    const tree = encode(a.state.tree, writeTree);
    const joined = await welcomed(client, own, created.welcome, { tree, verifyMembers: 'later' });
    await expect(encryptApplication(client, joined.state, textBytes('early'))).rejects.toMatchObject({
      code: 'unverified_tree',
    });
    joined.state = await verifyTree(client, joined.state);
    await commit(joined, [...members, joined]);
  });
});

describe('external commit', () => {
  it('takes the leftmost blank leaf, or extends the tree', async () => {
    const members = await groupOf(names(4));
    const fifth = await joinedExternally(members, await clientNamed('fifth'));
    expect(fifth.state.leafIndex).toBe(4);
    const all = [...members, fifth];
    await commit(fifth, all, { proposals: [removal(1)] });
    const staying = all.filter(({ state }) => state.status === 'active');
    const sixth = await joinedExternally(staying, await clientNamed('sixth'));
    expect(sixth.state.leafIndex).toBe(1);
    for (const member of [...staying, sixth]) await commit(member, [...staying, sixth]);
  });

  it('replaces a former leaf of the same client', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b, c] = members as [Member, Member, Member];
    const groupInfo = await createGroupInfo(a.client, a.state);
    await expect(joinExternal(b.client, groupInfo)).rejects.toMatchObject({ code: 'already_member' });
    const again = await joinedExternally([a, c, b], b.client, true);
    expect(b.state.status).toBe('removed');
    expect(memberCount(again.state.tree)).toBe(3);
    await commit(again, [a, c, again]);
  });
});

describe('commit', () => {
  it('can give its author another signature key', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b, c] = members as [Member, Member, Member];
    const successor = await clientNamed('a');
    const created = await createCommit(a.client, a.state, { successor });
    await deliver(created.commit, a, members);
    const renewed = new Member(successor, created.state);
    expect(leafAt(b.state.tree, 0)?.signatureKey).toEqual(successor.signer.publicKey);
    await commit(renewed, [renewed, b, c]);
    await commit(c, [renewed, b, c]);
  });

  it('that was dropped leaves a state to go on from', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b] = members as [Member, Member];
    const dropped = await createCommit(a.client, a.state, { format: 'private', path: true });
    a.state = dropped.current ?? a.state;
    await commit(b, members, { format: 'private' });
    await commit(a, members, { format: 'private' });
  });
});

describe('application messages', () => {
  it('are decrypted in any order, in the epoch after theirs too, and once', async () => {
    const members = await groupOf(['a', 'b']);
    const [a, b] = members as [Member, Member];
    const sent = [];
    for (let i = 0; i < 4; i++) {
      const options = { paddingBytes: i, authenticatedData: textBytes(`aad ${i}`) };
      const { message, state } = await encryptApplication(a.client, a.state, textBytes(`${i}`), options);
      a.state = state;
      sent.push(message);
    }
    const [first, second, third, fourth] = sent as [
      (typeof sent)[0],
      (typeof sent)[0],
      (typeof sent)[0],
      (typeof sent)[0],
    ];
    const data = async (message: typeof first) => {
      const processed = await b.receive(message);
      if (processed.kind !== 'application') throw new Error('no application message');
      return new TextDecoder().decode(processed.data);
    };
    expect([await data(third), await data(first)]).toEqual(['2', '0']);
    await commit(b, members);
    expect([await data(second), await data(fourth)]).toEqual(['1', '3']);
    await expect(data(second)).rejects.toMatchObject({ code: 'replayed' });
    await commit(a, members);
    await commit(a, members);
    await expect(data(first)).rejects.toMatchObject({ code: 'wrong_epoch' });
  });
});
