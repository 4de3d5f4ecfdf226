import { describe, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import { MlsError } from '../../src/errors.ts';
import { encryptApplication } from '../../src/group/application.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { contentTypes, proposalTypes, pskTypes, senderTypes } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { clientNamed, commit, groupOf, type Member } from '../flows/members.ts';
import { forgedPublic, forgedUpdate, randomBytes } from '../support/hostile.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';

type Three = [Member, Member, Member];

/** A proposal reaches everyone who takes it. */
async function spread(members: readonly Member[], proposal: Proposal, by: MlsClient | Member): Promise<void> {
  const [first] = members as Three;
  const message =
    'state' in by
      ? await forgedPublic(by, { type: contentTypes.proposal, proposal })
      : await forgedPublic(
          first,
          { type: contentTypes.proposal, proposal },
          { sender: { type: senderTypes.newMemberProposal }, signer: by },
        );
  for (const { client, state } of members) {
    const member = members.find((each) => each.state === state) as Member;
    try {
      member.state = (await processMessage(client, state, message)).state;
    } catch (error) {
      if (!(error instanceof MlsError)) throw error;
    }
  }
}

/** The group goes on: a member can commit, and then all can talk. */
async function expectLiveliness(members: Three): Promise<void> {
  await commit(members[2], members, {});
  const { message, state } = await encryptApplication(members[1].client, members[1].state, textBytes('still here'));
  members[1].state = state;
  await members[0].receive(message);
}

describe('a proposal that cannot be committed does not stop the group', () => {
  const outsiders: Record<string, (client: MlsClient) => Promise<Proposal>> = {
    'of another suite': (client) => forgedAdd(client, { cipherSuite: 2 }),
    'with an init key to which nobody can encrypt': (client) => forgedAdd(client, { initKey: new Uint8Array(32) }),
    'with a leaf key to which nobody can encrypt': (client) => forgedAdd(client, { leafKey: new Uint8Array(32) }),
    'long expired': async (client) => {
      const { keyPackage } = await generateKeyPackage({ ...client, now: () => 1_000_000n });
      return { type: proposalTypes.add, keyPackage };
    },
    'without the signature of its leaf': async (client) =>
      forgedAdd(client, {
        leafClient: { ...client, signer: { ...(await clientNamed('y')).signer, publicKey: client.signer.publicKey } },
      }),
  };

  it.each(Object.entries(outsiders))('an Add by an outsider, %s', async (_, make) => {
    const members = (await groupOf(['a', 'b', 'c'])) as Three;
    const client = await clientNamed('x');
    await spread(members, await make(client), client);
    await expectLiveliness(members);
  });

  it('two Adds of one client by an outsider', async () => {
    const members = (await groupOf(['a', 'b', 'c'])) as Three;
    const client = await clientNamed('x');
    await spread(members, await forgedAdd(client), client);
    await spread(members, await forgedAdd(client), client);
    await expectLiveliness(members);
  });

  it('two Adds by outsiders with one encryption key', async () => {
    const members = (await groupOf(['a', 'b', 'c'])) as Three;
    const leafKey = randomBytes();
    for (const name of ['x', 'y']) {
      const client = await clientNamed(name);
      await spread(members, await forgedAdd(client, { leafKey }), client);
    }
    await expectLiveliness(members);
  });

  const insiders: Record<string, (by: Member) => Promise<Proposal>> = {
    'a Remove of a blank leaf': async () => ({ type: proposalTypes.remove, removed: 3 }),
    'an Update with an unsigned leaf': (by) => forgedUpdate(by, { groupId: randomBytes() }),
    'an unknown extension': async () => ({
      type: proposalTypes.groupContextExtensions,
      extensions: [{ type: 0xff00, data: randomBytes() }],
    }),
    'a pre-shared key that nobody has': async () => ({
      type: proposalTypes.preSharedKey,
      psk: { type: pskTypes.external, id: randomBytes(), nonce: randomBytes() },
    }),
    'a ReInit to version 0': async () => ({
      type: proposalTypes.reInit,
      groupId: randomBytes(),
      version: 0,
      cipherSuite: 1,
      extensions: [],
    }),
  };

  it.each(Object.entries(insiders))('%s by a member', async (_, make) => {
    const members = (await groupOf(['a', 'b', 'c'])) as Three;
    await spread(members, await make(members[0]), members[0]);
    await expectLiveliness(members);
  });
});
