import { processMessage } from '../../src/group/process-message.ts';
import { referenceOfProposal } from '../../src/group/propose.ts';
import { contentTypes, proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { removeLeaf } from '../../src/tree/ratchet-tree.ts';
import { clientNamed, groupOf, type Member } from '../flows/members.ts';
import { forgedExternalCommit, forgedPublic, forgedUpdate, randomBytes } from '../support/hostile.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';
import { type Attempt, type RuleCase, receiving } from './rule-case.ts';

const remove = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });

/** A stranger joins by a commit of its own. */
async function strangers(edit: Parameters<typeof forgedExternalCommit>[2]): Promise<Attempt> {
  const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
  return receiving(b, await forgedExternalCommit(a, await clientNamed('stranger'), edit));
}

/** External commits (RFC 9420 §8.3, §12.2, §12.4.3.2). */
export const externalCommitCases: readonly RuleCase[] = [
  { rule: 'confirmation_tag', how: 'a valid external commit with a random tag', attempt: () => strangers({}) },
  { rule: 'external_commit_path', how: 'without a path', attempt: () => strangers({ path: 'none' }) },
  { rule: 'external_init_count', how: 'without an ExternalInit', attempt: () => strangers({ proposals: () => [] }) },
  { rule: 'external_init_count', how: 'with two', attempt: () => strangers({ proposals: (init) => [init, init] }) },
  {
    rule: 'external_init_undecryptable',
    how: 'with a key of the wrong length',
    attempt: () => strangers({ proposals: () => [{ type: proposalTypes.externalInit, kemOutput: randomBytes(31) }] }),
  },
  {
    rule: 'external_init_undecryptable',
    how: 'with a key of small order',
    attempt: () =>
      strangers({ proposals: () => [{ type: proposalTypes.externalInit, kemOutput: new Uint8Array(32) }] }),
  },
  {
    rule: 'external_commit_removes',
    how: 'two leaves',
    attempt: () => strangers({ proposals: (init) => [init, remove(1), remove(2)] }),
  },
  {
    rule: 'external_commit_removes_other',
    how: "someone else's leaf",
    async attempt() {
      const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
      const stranger = await clientNamed('stranger');
      const tree = removeLeaf(a.state.tree, 2);
      return receiving(b, await forgedExternalCommit(a, stranger, { tree, proposals: (init) => [init, remove(2)] }));
    },
  },
  {
    rule: 'path_leaf_key_unchanged',
    how: 'a leaf comes back with its former encryption key',
    async attempt() {
      const [a, b, c] = (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
      const back = await clientNamed('c');
      const tree = removeLeaf(a.state.tree, 2);
      const leafKey = c.state.privateKeys.get(4)?.publicKey ?? randomBytes();
      const proposals = (init: Proposal) => [init, remove(2)];
      return receiving(b, await forgedExternalCommit(a, back, { tree, proposals, path: { leafKey } }));
    },
  },
  {
    rule: 'leaf_missing',
    how: 'a blank leaf removed',
    attempt: () => strangers({ proposals: (init) => [init, remove(3)] }),
  },
  {
    rule: 'signature_key_repeated',
    how: 'with the signature key of a member',
    async attempt() {
      const [a, b, c] = (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
      return receiving(b, await forgedExternalCommit(a, c.client));
    },
  },
  ...(['Add', 'Update', 'GroupContextExtensions'] as const).map(
    (kind): RuleCase => ({
      rule: 'external_commit_proposal',
      how: `${kind} in it`,
      async attempt() {
        const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
        const stranger = await clientNamed('stranger');
        const made = {
          Add: () => clientNamed('x').then((client) => forgedAdd(client)),
          Update: () => forgedUpdate(a),
          GroupContextExtensions: async () => ({ type: proposalTypes.groupContextExtensions, extensions: [] }) as const,
        };
        const proposal = await made[kind]();
        return receiving(b, await forgedExternalCommit(a, stranger, { proposals: (init) => [init, proposal] }));
      },
    }),
  ),
  {
    rule: 'external_commit_by_reference',
    how: 'a proposal of a member by reference',
    async attempt() {
      const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
      const message = await forgedPublic(a, { type: contentTypes.proposal, proposal: remove(2) });
      if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
      b.state = (await processMessage(b.client, b.state, message)).state;
      const reference = referenceOfProposal(b.state.suite, message.publicMessage.content);
      const stranger = await clientNamed('stranger');
      const proposals = (init: Proposal) => [init, { kind: 'reference', reference } as const];
      return receiving(b, await forgedExternalCommit(a, stranger, { proposals }));
    },
  },
];
