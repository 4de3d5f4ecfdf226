import { textBytes } from '../../src/codec/bytes.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import type { OwnedKeyPackage } from '../../src/group/key-package.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { resolvePsks } from '../../src/group/psks.ts';
import { foundBranch, foundSuccessor } from '../../src/group/successor.ts';
import type { GroupContext } from '../../src/messages/group-context.ts';
import { mls10, proposalTypes, pskTypes, resumptionUsages } from '../../src/messages/numbers.ts';
import type { PskId, ResumptionUsage } from '../../src/messages/psk-id.ts';
import type { Welcome } from '../../src/messages/welcome.ts';
import { treeOf } from '../../src/tree/ratchet-tree.ts';
import { branch, leafSlot } from '../../src/tree/subtree.ts';
import { clientNamed, commit, groupOf, type Member, newcomer } from '../flows/members.ts';
import { randomBytes } from '../support/hostile.ts';
import { forgedGroup, forgedWelcome, type GroupEdit, treeOfTwo } from '../support/hostile-groups.ts';
import type { RuleCase } from './rule-case.ts';

/** A hostile founder welcomes someone to a group that it has made up. */
async function welcomed(edit: GroupEdit, change: (welcome: Welcome) => Welcome = (same) => same) {
  const founder = await clientNamed('founder');
  const { client, own } = await newcomer('x');
  const tree = await treeOfTwo(founder, own.keyPackage.leafNode);
  const welcome = change(await forgedWelcome(founder, await forgedGroup(founder, tree, edit), own));
  return { states: [], run: () => joinFromWelcome(client, welcome, own) };
}

/** What a group that follows another one may be like. */
interface Following {
  readonly usages: readonly ResumptionUsage[];
  readonly context?: Partial<GroupContext>;
  /** Closed by a ReInit first. */
  readonly closed?: boolean;
  readonly epoch?: bigint;
  readonly stranger?: boolean;
}

const { reInit, branch: branchUsage } = resumptionUsages;

/** A hostile member welcomes another to a group that pretends to follow theirs. */
async function followed({ usages, context, closed = false, epoch, stranger = false }: Following) {
  const members = (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
  const [a, b] = members;
  if (closed) {
    const successor = { groupId: textBytes('next'), version: mls10, cipherSuite: 1, extensions: [] };
    await commit(a, members, { proposals: [{ type: proposalTypes.reInit, ...successor }] });
  }
  const own = await generateKeyPackage(b.client);
  const { keyPackage: founders } = await generateKeyPackage(a.client);
  const slots = [leafSlot(0, founders.leafNode), leafSlot(1, own.keyPackage.leafNode)] as const;
  const other = stranger ? (await newcomer('stranger')).own : await generateKeyPackage(members[2].client);
  const third = branch(undefined, leafSlot(2, other.keyPackage.leafNode), leafSlot(3, undefined));
  const two = branch(undefined, ...slots);
  const tree = treeOf(closed ? two : branch(undefined, two, third));
  const { groupId } = a.state.context;
  const psks = usages.map((usage): PskId => {
    const nonce = randomBytes();
    return { type: pskTypes.resumption, usage, groupId, epoch: epoch ?? a.state.context.epoch, nonce };
  });
  const pskSecret = await resolvePsks(a.state.suite, psks, undefined, [a.state]);
  const edit = { psks, pskSecret, context: { groupId: textBytes('next'), epoch: 1n, ...context } };
  const welcome = await forgedWelcome(a.client, await forgedGroup(a.client, tree, edit), own);
  const options = { formerGroups: [b.state] };
  return { states: [b.state], run: () => joinFromWelcome(b.client, welcome, own, options) };
}

async function founding(
  found: (a: Member, own: (name: 'b' | 'c' | 'x') => Promise<OwnedKeyPackage>) => Promise<unknown>,
  close: boolean,
) {
  const members = (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
  const [a, b, c] = members;
  if (close) {
    const successor = { groupId: textBytes('next'), version: mls10, cipherSuite: 1, extensions: [] };
    await commit(a, members, { proposals: [{ type: proposalTypes.reInit, ...successor }] });
  }
  const clients: Record<'b' | 'c' | 'x', MlsClient> = { b: b.client, c: c.client, x: await clientNamed('x') };
  return { states: [a.state], run: () => found(a, (name) => generateKeyPackage(clients[name])) };
}

/** Welcomes and the groups that follow others (RFC 9420 §11.2, §11.3, §12.4.3.1). */
export const welcomeCases: readonly RuleCase[] = [
  {
    rule: 'welcome_suite',
    how: 'of another suite',
    attempt: () => welcomed({}, (welcome) => ({ ...welcome, cipherSuite: 2 })),
  },
  {
    rule: 'welcome_undecryptable',
    how: 'the group info was replaced',
    attempt: () => welcomed({}, (welcome) => ({ ...welcome, encryptedGroupInfo: randomBytes(200) })),
  },
  {
    rule: 'welcome_undecryptable',
    how: 'the group info is under another pre-shared key',
    attempt: () => welcomed({ pskSecret: randomBytes() }),
  },
  {
    rule: 'own_leaf_missing',
    how: 'the tree has someone else',
    async attempt() {
      const founder = await clientNamed('founder');
      const { client, own } = await newcomer('x');
      const tree = await treeOfTwo(founder, (await newcomer('y')).own.keyPackage.leafNode);
      const welcome = await forgedWelcome(founder, await forgedGroup(founder, tree), own);
      return { states: [], run: () => joinFromWelcome(client, welcome, own) };
    },
  },
  {
    rule: 'own_leaf_missing',
    how: 'the tree has another leaf of this client',
    async attempt() {
      const founder = await clientNamed('founder');
      const { client, own } = await newcomer('x');
      const tree = await treeOfTwo(founder, (await generateKeyPackage(client)).keyPackage.leafNode);
      const welcome = await forgedWelcome(founder, await forgedGroup(founder, tree), own);
      return { states: [], run: () => joinFromWelcome(client, welcome, own) };
    },
  },
  {
    rule: 'confirmation_tag',
    how: 'of a group info in a Welcome',
    attempt: () => welcomed({ confirmationTag: randomBytes() }),
  },
  {
    rule: 'group_info_signature',
    how: 'of a group info in a Welcome',
    attempt: () => welcomed({ signature: randomBytes(64) }),
  },
  { rule: 'group_info_signer', how: 'of a group info in a Welcome', attempt: () => welcomed({ signer: 9 }) },
  {
    rule: 'tree_hash_mismatch',
    how: 'of a group info in a Welcome',
    attempt: () => welcomed({ context: { treeHash: randomBytes() } }),
  },
  { rule: 'tree_not_given', how: 'with a Welcome', attempt: () => welcomed({ extensions: () => [] }) },
  {
    rule: 'psk_nonce_length',
    how: 'in a Welcome',
    attempt: () => welcomed({ psks: [{ type: pskTypes.external, id: textBytes('shared'), nonce: randomBytes(8) }] }),
  },
  {
    rule: 'psk_repeated',
    how: 'in a Welcome',
    attempt() {
      const psk = { type: pskTypes.external, id: textBytes('shared'), nonce: randomBytes() } as const;
      return welcomed({ psks: [psk, psk] });
    },
  },
  {
    rule: 'successor_epoch',
    how: 'a branch in epoch 2',
    attempt: () => followed({ usages: [branchUsage], context: { epoch: 2n } }),
  },
  { rule: 'successor_links', how: 'two groups followed', attempt: () => followed({ usages: [branchUsage, reInit] }) },
  {
    rule: 'branch_members',
    how: 'a stranger in a branch',
    attempt: () => followed({ usages: [branchUsage], stranger: true }),
  },
  { rule: 'successor_parameters', how: 'a group that was not closed', attempt: () => followed({ usages: [reInit] }) },
  {
    rule: 'successor_parameters',
    how: 'another group id than agreed',
    attempt: () => followed({ usages: [reInit], closed: true, context: { groupId: textBytes('other') } }),
  },
  {
    rule: 'successor_parameters',
    how: 'the key of an epoch before the ReInit',
    attempt: () => followed({ usages: [reInit], closed: true, epoch: 1n }),
  },
  {
    rule: 'successor_parameters',
    how: 'other extensions than agreed',
    attempt: () =>
      followed({ usages: [reInit], closed: true, context: { extensions: [{ type: 1, data: randomBytes() }] } }),
  },
  {
    rule: 'reinit_members',
    how: 'a successor without all members',
    attempt: () => followed({ usages: [reInit], closed: true }),
  },
  {
    rule: 'successor_members',
    how: 'founded without all members',
    attempt: () => founding(async (a, own) => foundSuccessor(a.client, a.state, [(await own('b')).keyPackage]), true),
  },
  {
    rule: 'successor_members',
    how: 'founded with one member twice instead',
    attempt: () =>
      founding(
        async (a, own) => foundSuccessor(a.client, a.state, [(await own('b')).keyPackage, (await own('b')).keyPackage]),
        true,
      ),
  },
  {
    rule: 'successor_members',
    how: 'a branch founded with a stranger',
    attempt: () =>
      founding(
        async (a, own) => foundBranch(a.client, a.state, textBytes('branch'), [(await own('x')).keyPackage]),
        false,
      ),
  },
];
