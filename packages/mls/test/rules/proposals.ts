import { textBytes } from '../../src/codec/bytes.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { referenceOfProposal } from '../../src/group/propose.ts';
import type { ProposalOrRef } from '../../src/messages/commit.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { requiredCapabilitiesExtension } from '../../src/messages/extension.ts';
import type { MlsMessage } from '../../src/messages/mls-message.ts';
import {
  contentTypes,
  credentialTypes,
  mls10,
  proposalTypes,
  pskTypes,
  resumptionUsages,
  wireFormats,
} from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import type { ResumptionUsage } from '../../src/messages/psk-id.ts';
import { groupOf, type Member } from '../flows/members.ts';
import { forgedCommit, forgedPublic, forgedUpdate, pathOf, randomBytes } from '../support/hostile.ts';
import { type Attempt, type RuleCase, receiving } from './rule-case.ts';

type Four = [Member, Member, Member, Member];

const four = async (): Promise<Four> => (await groupOf(['a', 'b', 'c', 'd'])) as Four;

const remove = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });
const extensionsProposal = (...extensions: Extension[]): Proposal => ({
  type: proposalTypes.groupContextExtensions,
  extensions,
});
const reInit = (version = mls10, ...extensions: Extension[]): Proposal => ({
  type: proposalTypes.reInit,
  groupId: textBytes('next'),
  version,
  cipherSuite: 1,
  extensions,
});
const external = (nonce = randomBytes()): Proposal => ({
  type: proposalTypes.preSharedKey,
  psk: { type: pskTypes.external, id: textBytes('shared'), nonce },
});

/** A hostile member commits these, with a path that is as good as it can be. */
async function committed(...proposals: Proposal[]): Promise<Attempt> {
  const [a, b] = await four();
  return receiving(b, await forgedCommit(a, proposals, await pathOf(a)));
}

/** Sends a proposal of one member to another, and gives the reference with which a commit names it. */
async function pended(from: Member, to: Member, proposal: Proposal): Promise<ProposalOrRef> {
  const message = await forgedPublic(from, { type: contentTypes.proposal, proposal });
  to.state = (await processMessage(to.client, to.state, message)).state;
  return { kind: 'reference', reference: referenceOf(to, message) };
}

function referenceOf({ state }: Member, message: MlsMessage) {
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  return referenceOfProposal(state.suite, message.publicMessage.content);
}

function resumption(usage: ResumptionUsage): Proposal {
  const psk = {
    type: pskTypes.resumption,
    usage,
    groupId: textBytes('group'),
    epoch: 1n,
    nonce: randomBytes(),
  } as const;
  return { type: proposalTypes.preSharedKey, psk };
}

/** RFC 9420 §12.1 and §12.2: proposals, and which go together. */
export const proposalCases: readonly RuleCase[] = [
  { rule: 'leaf_missing', how: 'a Remove of a leaf past the tree', attempt: () => committed(remove(0xffffffff)) },
  {
    rule: 'leaf_missing',
    how: 'a Remove of a blank leaf',
    async attempt() {
      const [a, b] = (await groupOf(['a', 'b', 'c'])) as Four;
      return receiving(b, await forgedCommit(a, [remove(3)], await pathOf(a)));
    },
  },
  { rule: 'own_remove_committed', how: 'the committer removes itself', attempt: () => committed(remove(0)) },
  {
    rule: 'own_update_committed',
    how: 'an Update by value',
    async attempt() {
      const [a, b] = await four();
      return receiving(b, await forgedCommit(a, [await forgedUpdate(a)], await pathOf(a)));
    },
  },
  {
    rule: 'own_update_committed',
    how: 'an Update of its own by reference',
    async attempt() {
      const [a, b] = await four();
      const reference = await pended(a, b, await forgedUpdate(a));
      return receiving(b, await forgedCommit(a, [reference], await pathOf(a)));
    },
  },
  {
    rule: 'update_key_unchanged',
    how: 'an Update with the old encryption key',
    async attempt() {
      const [a, b, c] = await four();
      const { publicKey: key } = c.state.privateKeys.get(4) ?? { publicKey: randomBytes() };
      const reference = await pended(c, b, await forgedUpdate(c, { key }));
      return receiving(b, await forgedCommit(a, [reference], await pathOf(a)));
    },
  },
  { rule: 'leaf_changed_twice', how: 'two Removes of one leaf', attempt: () => committed(remove(2), remove(2)) },
  {
    rule: 'leaf_changed_twice',
    how: 'a Remove and an Update of one leaf',
    async attempt() {
      const [a, b, c] = await four();
      const reference = await pended(c, b, await forgedUpdate(c));
      return receiving(b, await forgedCommit(a, [reference, remove(2)], await pathOf(a)));
    },
  },
  {
    rule: 'leaf_changed_twice',
    how: 'two Updates of one member',
    async attempt() {
      const [a, b, c] = await four();
      const references = [await pended(c, b, await forgedUpdate(c)), await pended(c, b, await forgedUpdate(c))];
      return receiving(b, await forgedCommit(a, references, await pathOf(a)));
    },
  },
  {
    rule: 'extensions_changed_twice',
    how: 'two GroupContextExtensions',
    attempt: () => committed(extensionsProposal(), extensionsProposal()),
  },
  {
    rule: 'extension_repeated',
    how: 'GroupContextExtensions with a type twice',
    attempt: () => committed(extensionsProposal({ type: 1, data: randomBytes() }, { type: 1, data: randomBytes() })),
  },
  {
    rule: 'extension_repeated',
    how: 'a ReInit with a type twice',
    attempt: () => committed(reInit(mls10, { type: 1, data: randomBytes() }, { type: 1, data: randomBytes() })),
  },
  {
    rule: 'group_extension_not_understood',
    how: 'an extension that members do not know',
    attempt: () => committed(extensionsProposal({ type: 0xff00, data: randomBytes() })),
  },
  {
    rule: 'leaf_required_capabilities',
    how: 'capabilities that members lack',
    attempt: () =>
      committed(
        extensionsProposal(
          requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [credentialTypes.x509] }),
        ),
      ),
  },
  { rule: 'psk_nonce_length', how: 'a short nonce', attempt: () => committed(external(randomBytes(31))) },
  ...[resumptionUsages.reInit, resumptionUsages.branch].map(
    (usage): RuleCase => ({
      rule: 'psk_usage',
      how: `a resumption key of usage ${usage} in an ordinary commit`,
      attempt: () => committed(resumption(usage)),
    }),
  ),
  {
    rule: 'psk_repeated',
    how: 'one key with one nonce twice',
    attempt: () => {
      const nonce = randomBytes();
      return committed(external(nonce), external(nonce));
    },
  },
  { rule: 'reinit_version', how: 'a ReInit to version 0', attempt: () => committed(reInit(0)) },
  { rule: 'reinit_not_alone', how: 'a ReInit with a Remove', attempt: () => committed(reInit(), remove(2)) },
  { rule: 'reinit_not_alone', how: 'two ReInits', attempt: () => committed(reInit(), reInit()) },
  {
    rule: 'external_init_misplaced',
    how: "in a member's commit",
    attempt: () => committed({ type: proposalTypes.externalInit, kemOutput: randomBytes() }),
  },
  {
    rule: 'external_init_misplaced',
    how: 'alone, by a member',
    async attempt() {
      const [a, b] = await four();
      const proposal = { type: proposalTypes.externalInit, kemOutput: randomBytes() } as const;
      return receiving(b, await forgedPublic(a, { type: contentTypes.proposal, proposal }));
    },
  },
];
