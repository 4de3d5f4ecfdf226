import { textBytes } from '../../src/codec/bytes.ts';
import { externalSendersExtension } from '../../src/messages/extension.ts';
import { contentTypes, proposalTypes, senderTypes } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { clientNamed, groupOf, type Member } from '../flows/members.ts';
import { forgedCommit, forgedPrivate, forgedPublic, pathOf, randomBytes } from '../support/hostile.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';
import { type RuleCase, receiving } from './rule-case.ts';

const remove = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });

async function three(): Promise<[Member, Member, Member]> {
  return (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
}

/** RFC 9420 §6: who sends what, and what authenticates it. */
export const framingCases: readonly RuleCase[] = [
  {
    rule: 'application_public',
    how: 'application data in a PublicMessage',
    async attempt() {
      const [a, b] = await three();
      return receiving(b, await forgedPublic(a, { type: contentTypes.application, data: textBytes('hello') }));
    },
  },
  {
    rule: 'confirmation_tag',
    how: 'a valid public commit with a random tag',
    async attempt() {
      const [a, b] = await three();
      return receiving(b, await forgedCommit(a, [], await pathOf(a)));
    },
  },
  {
    rule: 'confirmation_tag',
    how: 'a valid private commit with a random tag',
    async attempt() {
      const [a, b] = await three();
      const commit = { proposals: [], path: await pathOf(a) };
      return receiving(b, await forgedPrivate(a, { type: contentTypes.commit, commit }));
    },
  },
  {
    rule: 'content_signature',
    how: "another member's signature",
    async attempt() {
      const [a, b, c] = await three();
      const content = { type: contentTypes.proposal, proposal: remove(2) } as const;
      return receiving(b, await forgedPublic(a, content, { signer: c.client }));
    },
  },
  {
    rule: 'content_signature',
    how: "one member in another's name",
    async attempt() {
      const [a, b] = await three();
      const sender = { type: senderTypes.member, leafIndex: 2 } as const;
      return receiving(b, await forgedCommit(a, [], await pathOf(a), { sender }));
    },
  },
  {
    rule: 'content_signature',
    how: 'a private message with the signature of another key',
    async attempt() {
      const [a, b, c] = await three();
      const content = { type: contentTypes.application, data: textBytes('hello') } as const;
      return receiving(b, await forgedPrivate({ client: c.client, state: a.state } as Member, content));
    },
  },
  {
    rule: 'membership_tag',
    how: 'a random tag',
    async attempt() {
      const [a, b] = await three();
      const content = { type: contentTypes.proposal, proposal: remove(2) } as const;
      return receiving(b, await forgedPublic(a, content, { membershipTag: randomBytes() }));
    },
  },
  {
    rule: 'membership_tag',
    how: 'none',
    async attempt() {
      const [a, b] = await three();
      const content = { type: contentTypes.proposal, proposal: remove(2) } as const;
      return receiving(b, await forgedPublic(a, content, { membershipTag: new Uint8Array() }));
    },
  },
  {
    rule: 'sender_missing',
    how: 'a member at a leaf past the tree',
    async attempt() {
      const [a, b] = await three();
      const sender = { type: senderTypes.member, leafIndex: 0xffffffff } as const;
      return receiving(b, await forgedPublic(a, { type: contentTypes.proposal, proposal: remove(2) }, { sender }));
    },
  },
  {
    rule: 'sender_missing',
    how: 'a member at a blank leaf',
    async attempt() {
      const [a, b] = await three();
      const sender = { type: senderTypes.member, leafIndex: 3 } as const;
      return receiving(b, await forgedPublic(a, { type: contentTypes.proposal, proposal: remove(2) }, { sender }));
    },
  },
  {
    rule: 'sender_missing',
    how: 'a private message of a blank leaf',
    async attempt() {
      const [a, b] = await three();
      const state = { ...a.state, leafIndex: 3 };
      const content = { type: contentTypes.application, data: textBytes('hello') } as const;
      return receiving(b, await forgedPrivate({ client: a.client, state } as Member, content));
    },
  },
  {
    rule: 'sender_missing',
    how: 'an external sender whom the group does not name',
    async attempt() {
      const service = await clientNamed('service');
      const named = { signatureKey: service.signer.publicKey, credential: service.credential };
      const [a, b] = await groupOf(['a', 'b'], [externalSendersExtension([named])]);
      const sender = { type: senderTypes.external, senderIndex: 1 } as const;
      const content = { type: contentTypes.proposal, proposal: remove(0) } as const;
      return receiving(b as Member, await forgedPublic(a as Member, content, { sender, signer: service }));
    },
  },
  {
    rule: 'sender_content_type',
    how: 'a commit of an external sender',
    async attempt() {
      const service = await clientNamed('service');
      const named = { signatureKey: service.signer.publicKey, credential: service.credential };
      const [a, b] = await groupOf(['a', 'b'], [externalSendersExtension([named])]);
      const sender = { type: senderTypes.external, senderIndex: 0 } as const;
      return receiving(b as Member, await forgedCommit(a as Member, [], undefined, { sender, signer: service }));
    },
  },
  {
    rule: 'sender_content_type',
    how: 'a Remove by someone who asks to join',
    async attempt() {
      const [a, b] = await three();
      const sender = { type: senderTypes.newMemberProposal } as const;
      return receiving(b, await forgedPublic(a, { type: contentTypes.proposal, proposal: remove(0) }, { sender }));
    },
  },
  {
    rule: 'sender_content_type',
    how: 'a proposal alone by someone who joins by commit',
    async attempt() {
      const [a, b] = await three();
      const stranger = await clientNamed('stranger');
      const proposal = await forgedAdd(stranger);
      const sender = { type: senderTypes.newMemberCommit } as const;
      const content = { type: contentTypes.proposal, proposal } as const;
      return receiving(b, await forgedPublic(a, content, { sender, signer: stranger }));
    },
  },
  {
    rule: 'external_proposal_type',
    how: 'an ExternalInit by an external sender',
    async attempt() {
      const service = await clientNamed('service');
      const named = { signatureKey: service.signer.publicKey, credential: service.credential };
      const [a, b] = await groupOf(['a', 'b'], [externalSendersExtension([named])]);
      const sender = { type: senderTypes.external, senderIndex: 0 } as const;
      const proposal = { type: proposalTypes.externalInit, kemOutput: randomBytes() } as const;
      const content = { type: contentTypes.proposal, proposal } as const;
      return receiving(b as Member, await forgedPublic(a as Member, content, { sender, signer: service }));
    },
  },
];
