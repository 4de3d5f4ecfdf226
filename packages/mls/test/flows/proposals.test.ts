import { describe, expect, it } from 'vitest';
import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { propose, proposeExternally, proposeToJoin, proposeUpdate } from '../../src/group/propose.ts';
import { externalSendersExtension, requiredCapabilitiesExtension } from '../../src/messages/extension.ts';
import { credentialTypes, proposalTypes, pskTypes, resumptionUsages } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { leafAt, memberCount } from '../../src/tree/ratchet-tree.ts';
import { clientNamed, commit, deliver, groupOf, type Member, newcomer, welcomed } from './members.ts';

const formats = ['public', 'private'] as const;

async function proposeTo(
  members: readonly Member[],
  from: Member,
  proposal: Proposal,
  format: (typeof formats)[number] = 'public',
): Promise<void> {
  const { message, state } = await propose(from.client, from.state, proposal, { format });
  from.state = state;
  await deliver(message, from, members);
}

async function proposeUpdateTo(members: readonly Member[], from: Member): Promise<void> {
  const { message, state } = await proposeUpdate(from.client, from.state);
  from.state = state;
  await deliver(message, from, members);
}

const nonce = (): Bytes => crypto.getRandomValues(new Uint8Array(32));

describe.each(formats)('%s handshake messages', (format) => {
  it('Add, Remove and Update by reference', async () => {
    const members = await groupOf(['a', 'b', 'c', 'd', 'e']);
    const [a, b, c, d, e] = members as [Member, Member, Member, Member, Member];
    const { client, own } = await newcomer('f');
    await proposeTo(members, a, { type: proposalTypes.remove, removed: 4 }, format);
    await proposeTo(members, b, { type: proposalTypes.add, keyPackage: own.keyPackage }, format);
    await proposeUpdateTo(members, c);
    const before = leafAt(c.state.tree, 2);
    const { created } = await commit(d, members, { format });
    expect(e.state.status).toBe('removed');
    expect(leafAt(c.state.tree, 2)).not.toEqual(before);
    const f = await welcomed(client, own, created.welcome);
    // The one who was updated, and the new one, can decrypt a path and make one.
    const present = [a, b, c, d, f];
    await commit(c, present, { format });
    await commit(f, present, { format });
    await commit(a, present, { format });
  });

  it('pre-shared keys: external, and of a former epoch', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b] = members as [Member, Member, Member];
    await commit(a, members, { path: true, format });
    await commit(b, members, { path: true, format });
    const { groupId, epoch } = a.state.context;
    const usage = resumptionUsages.application;
    const psks: Proposal[] = [
      { type: proposalTypes.preSharedKey, psk: { type: pskTypes.external, id: textBytes('shared'), nonce: nonce() } },
      {
        type: proposalTypes.preSharedKey,
        psk: { type: pskTypes.resumption, usage, groupId, epoch: epoch - 1n, nonce: nonce() },
      },
    ];
    const { created } = await commit(a, members, { proposals: psks, format });
    expect(created.welcome).toBeUndefined();
    const unknown = { type: pskTypes.external, id: textBytes('unknown'), nonce: nonce() } as const;
    const proposals = [{ type: proposalTypes.preSharedKey, psk: unknown }];
    await expect(createCommit(a.client, a.state, { proposals })).rejects.toMatchObject({ code: 'unknown_psk' });
  });

  it('a new member by Welcome with an external pre-shared key', async () => {
    const members = await groupOf(['a', 'b']);
    const psk = { type: pskTypes.external, id: textBytes('shared'), nonce: nonce() } as const;
    const proposals: Proposal[] = [{ type: proposalTypes.preSharedKey, psk }];
    const { joined } = await commit(members[0] as Member, members, { proposals, format }, [await newcomer('c')]);
    await commit(joined[0] as Member, [...members, ...joined], { format });
  });
});

describe('external senders', () => {
  it('propose, and members commit', async () => {
    const service = await clientNamed('service');
    const sender = { signatureKey: service.signer.publicKey, credential: service.credential };
    const members = await groupOf(['a', 'b', 'c'], [externalSendersExtension([sender])]);
    const [a, , c] = members as [Member, Member, Member];
    const removal = { type: proposalTypes.remove, removed: 1 } as const;
    const message = await proposeExternally(service, a.state.context, 0, removal);
    for (const member of members) await member.receive(message);
    await commit(c, members);
    expect(memberCount(a.state.tree)).toBe(2);
    const forged = await proposeExternally(await clientNamed('other'), a.state.context, 0, removal);
    await expect(a.receive(forged)).rejects.toMatchObject({ rule: 'content_signature' });
  });

  it('a client proposes to be added', async () => {
    const members = await groupOf(['a', 'b']);
    const [a, b] = members as [Member, Member];
    const client = await clientNamed('c');
    const own = await generateKeyPackage(client);
    const add = { type: proposalTypes.add, keyPackage: own.keyPackage } as const;
    const message = await proposeToJoin(client, a.state.context, add);
    for (const member of members) await member.receive(message);
    const { created } = await commit(b, members);
    await commit(await welcomed(client, own, created.welcome), members);
  });
});

describe('GroupContextExtensions', () => {
  const basicOnly = requiredCapabilitiesExtension({
    extensions: [],
    proposals: [],
    credentials: [credentialTypes.basic],
  });

  it('are changed for all, and for those who join by the same commit', async () => {
    const members = await groupOf(['a', 'b']);
    const [a] = members as [Member];
    const proposals: Proposal[] = [{ type: proposalTypes.groupContextExtensions, extensions: [basicOnly] }];
    const { joined } = await commit(a, members, { proposals }, [await newcomer('c')]);
    for (const { state } of [...members, ...joined]) expect(state.context.extensions).toEqual([basicOnly]);
  });

  it('that a member does not understand are refused', async () => {
    const [a] = (await groupOf(['a', 'b'])) as [Member];
    for (const [extensions, rule] of [
      [[{ type: 0xff00, data: new Uint8Array() }], 'group_extension_not_understood'],
      [
        [requiredCapabilitiesExtension({ extensions: [0xff00], proposals: [], credentials: [] })],
        'leaf_required_capabilities',
      ],
      [[basicOnly, basicOnly], 'extension_repeated'],
    ] as const) {
      const proposals: Proposal[] = [{ type: proposalTypes.groupContextExtensions, extensions }];
      await expect(createCommit(a.client, a.state, { proposals })).rejects.toMatchObject({ rule });
    }
  });
});

describe('pending proposals that cannot all be committed (RFC 9420 §12.2)', () => {
  it('one does not commit what is about oneself', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b] = members as [Member, Member];
    await proposeUpdateTo(members, a);
    await proposeTo(members, b, { type: proposalTypes.remove, removed: 0 });
    await commit(a, members);
    expect(memberCount(a.state.tree)).toBe(3);
  });

  it('a Remove goes before an Update, the newest Update before an older one', async () => {
    const members = await groupOf(['a', 'b', 'c', 'd']);
    const [a, b, c] = members as [Member, Member, Member];
    await proposeUpdateTo(members, b);
    await proposeUpdateTo(members, c);
    await proposeUpdateTo(members, c);
    const newest = c.state.ownUpdates.at(-1)?.publicKey;
    await proposeTo(members, c, { type: proposalTypes.remove, removed: 1 });
    await commit(a, members);
    expect(b.state.status).toBe('removed');
    expect(leafAt(a.state.tree, 2)?.encryptionKey).toEqual(newest);
    await commit(c, [a, c, members[3] as Member]);
  });

  it('a ReInit waits for all others', async () => {
    const members = await groupOf(['a', 'b', 'c']);
    const [a, b] = members as [Member, Member];
    const reInit = {
      type: proposalTypes.reInit,
      groupId: textBytes('next'),
      version: 1,
      cipherSuite: 1,
      extensions: [],
    };
    await proposeTo(members, b, reInit as Proposal);
    await proposeTo(members, b, { type: proposalTypes.remove, removed: 2 });
    await commit(a, members);
    expect([a.state.status, b.state.status]).toEqual(['active', 'active']);
    const present = members.slice(0, 2);
    await proposeTo(present, b, reInit as Proposal);
    await commit(a, present);
    expect([a.state.status, b.state.status]).toEqual(['reinitialized', 'reinitialized']);
  });
});

it('an expired key package is not proposed', async () => {
  const [a] = (await groupOf(['a'])) as [Member];
  const { client } = await newcomer('late');
  const { keyPackage } = await generateKeyPackage({ ...client, now: () => 1_000_000n });
  await expect(propose(a.client, a.state, { type: proposalTypes.add, keyPackage })).rejects.toMatchObject({
    rule: 'key_package_lifetime',
  });
});
