import { describe, expect, it } from 'vitest';
import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { encode } from '../../src/codec/writer.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { membershipTagOf } from '../../src/framing/authenticate.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { decodeMlsMessage, encodeMlsMessage } from '../../src/messages/mls-message.ts';
import { proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { writeTree } from '../../src/tree/encode-tree.ts';
import { commit, groupOf, type Member, newcomer, welcomed } from './members.ts';

/** A commit of `author` with another confirmation tag, and all else in order. */
async function withOtherTag({ client, state }: Member): Promise<Bytes> {
  const created = await createCommit(client, state);
  const message = decodeMlsMessage(created.commit);
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  const content = { ...message.publicMessage.content, confirmationTag: new Uint8Array(32) };
  const membershipTag = membershipTagOf(suite1.hash, content, state.contextBytes, state.secrets.membershipKey);
  return encodeMlsMessage({ wireFormat: wireFormats.publicMessage, publicMessage: { content, membershipTag } });
}

describe('a commit is refused', () => {
  it('with another confirmation tag, and the state stays as good as it was', async () => {
    const members = await groupOf(['a', 'b']);
    const [a, b] = members as [Member, Member];
    await expect(b.receive(await withOtherTag(a))).rejects.toMatchObject({ rule: 'confirmation_tag' });
    await commit(a, members);
  });

  it('of another epoch or group, or its receiver’s own', async () => {
    const members = await groupOf(['a', 'b']);
    const [a, b] = members as [Member, Member];
    const { created } = await commit(a, members);
    await expect(b.receive(created.commit)).rejects.toMatchObject({ code: 'wrong_epoch' });
    const [stranger] = (await groupOf(['c'])) as [Member];
    stranger.state = { ...stranger.state, context: { ...stranger.state.context, groupId: textBytes('other') } };
    await expect(stranger.receive(created.commit)).rejects.toMatchObject({ code: 'wrong_group' });
    const own = await createCommit(b.client, b.state);
    await expect(b.receive(own.commit)).rejects.toMatchObject({ code: 'own_message' });
  });

  it('that refers to a proposal not seen', async () => {
    const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
    const removal = {
      proposal: { type: proposalTypes.remove, removed: 2 },
      sender: { type: 1, leafIndex: 0 },
    } as const;
    const pending = new Map([['x', { ...removal, reference: textBytes('a proposal that nobody has sent') }]]);
    const { commit: message } = await createCommit(a.client, { ...a.state, proposals: pending });
    await expect(b.receive(message)).rejects.toMatchObject({ code: 'unknown_proposal' });
  });
});

describe('a Welcome is refused', () => {
  it('with the tree of another epoch', async () => {
    const members = await groupOf(['a', 'b']);
    const [a] = members as [Member];
    const { client, own } = await newcomer('c');
    const proposals = [{ type: proposalTypes.add, keyPackage: own.keyPackage }];
    const { created } = await commit(a, members, { proposals, treeInWelcome: false });
    await commit(a, members);
    const joining = welcomed(client, own, created.welcome, { tree: encode(a.state.tree, writeTree) });
    await expect(joining).rejects.toMatchObject({ rule: 'tree_hash_mismatch' });
  });

  it('for another key package', async () => {
    const [a] = (await groupOf(['a'])) as [Member];
    const [c, d] = await Promise.all([newcomer('c'), newcomer('d')]);
    const proposals = [{ type: proposalTypes.add, keyPackage: c.own.keyPackage }];
    const { welcome } = await createCommit(a.client, a.state, { proposals });
    await expect(welcomed(d.client, d.own, welcome)).rejects.toMatchObject({ code: 'not_addressed' });
  });

  it('when a signature in its tree does not verify, or a member is not vouched for', async () => {
    const [a] = (await groupOf(['a', 'b'])) as [Member];
    const { client, own } = await newcomer('c');
    const proposals = [{ type: proposalTypes.add, keyPackage: own.keyPackage }];
    const { welcome } = await createCommit(a.client, a.state, { proposals });
    const wary = { ...client, verifySignatures: async () => false };
    await expect(welcomed(wary, own, welcome)).rejects.toMatchObject({ rule: 'leaf_signature' });
    const lonely = { ...client, authentication: { validate: async () => false } };
    await expect(welcomed(lonely, own, welcome)).rejects.toMatchObject({ rule: 'leaf_not_vouched_for' });
    const groupInfo = await createGroupInfo(a.client, a.state);
    await expect(joinExternal(wary, groupInfo)).rejects.toMatchObject({ rule: 'leaf_signature' });
    await expect(joinExternal(lonely, groupInfo)).rejects.toMatchObject({ rule: 'leaf_not_vouched_for' });
  });
});

it('application messages are decrypted for as many former epochs as the client keeps', async () => {
  const members = await groupOf(['a', 'b']);
  const [a, b] = members as [Member, Member];
  const messages: Bytes[] = [];
  for (let i = 0; i < 3; i++) {
    const { message, state } = await encryptApplication(a.client, a.state, textBytes(`${i}`));
    a.state = state;
    messages.push(message);
    if (i < 2) await commit(a, members);
  }
  for (const message of messages) expect((await b.receive(message)).kind).toBe('application');
});
