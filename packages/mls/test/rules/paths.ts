import type { Bytes } from '../../src/codec/bytes.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import { leafNodeSources, proposalTypes } from '../../src/messages/numbers.ts';
import type { UpdatePath } from '../../src/messages/update-path.ts';
import { addLeaf } from '../../src/tree/ratchet-tree.ts';
import { clientNamed, commit, groupOf, type Member, newcomer } from '../flows/members.ts';
import { forgedCommit, type PathEdit, pathOf, randomBytes } from '../support/hostile.ts';
import { forgedGroup, forgedWelcome, treeOfTwo } from '../support/hostile-groups.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';
import { type Attempt, type RuleCase, receiving } from './rule-case.ts';

type Four = [Member, Member, Member, Member];
const four = async (): Promise<Four> => (await groupOf(['a', 'b', 'c', 'd'])) as Four;

const first = (key: Bytes) => (keys: Bytes[]) => [key, ...keys.slice(1)];

async function withPath(edit: (a: Member, b: Member) => PathEdit, to: 1 | 2 | 3 = 1): Promise<Attempt> {
  const members = await four();
  return receiving(
    members[to],
    await forgedCommit(members[0], [], await pathOf(members[0], edit(members[0], members[1]))),
  );
}

async function withNodes(change: (nodes: UpdatePath['nodes']) => UpdatePath['nodes']): Promise<Attempt> {
  const [a, b] = await four();
  const path = await pathOf(a);
  return receiving(b, await forgedCommit(a, [], { ...path, nodes: change(path.nodes) }));
}

/** A newcomer whom a hostile founder did not tell the secret of a node above it, and the founder's next commit. */
async function uninformed(): Promise<Attempt> {
  const [a, , d] = (await groupOf(['a', 'b', 'x'])) as [Member, Member, Member];
  // At leaf 3, so that leaf 2 beside it updates the node above both.
  const { client, own } = await newcomer('d');
  const { joined } = await commit(a, [a, ...[d]], {}, [{ client, own }]);
  await commit(d, [a, ...joined], {}, []);
  const { groupId } = a.state.context;
  const forged = await forgedGroup(a.client, a.state.tree, { context: { groupId } });
  const welcome = await forgedWelcome(a.client, forged, own);
  const victim = await joinFromWelcome(client, welcome, own);
  const founder = { client: a.client, state: forged.state } as Member;
  const message = await forgedCommit(founder, [], await pathOf(founder));
  return receiving({ client, state: victim } as Member, message);
}

/** Paths (RFC 9420 §7.5, §7.6, §7.9, §12.4.2). */
export const pathCases: readonly RuleCase[] = [
  {
    rule: 'path_missing',
    how: 'a commit of nothing',
    attempt: async () => {
      const [a, b] = await four();
      return receiving(b, await forgedCommit(a, []));
    },
  },
  {
    rule: 'path_missing',
    how: 'a Remove',
    attempt: async () => {
      const [a, b] = await four();
      return receiving(b, await forgedCommit(a, [{ type: proposalTypes.remove, removed: 2 }]));
    },
  },
  { rule: 'path_length', how: 'a node too few', attempt: () => withNodes((nodes) => nodes.slice(1)) },
  {
    rule: 'path_length',
    how: 'a node too many',
    attempt: () => withNodes((nodes) => [...nodes, ...nodes.slice(0, 1)]),
  },
  { rule: 'path_length', how: 'no nodes', attempt: () => withNodes(() => []) },
  {
    rule: 'path_leaf_key_unchanged',
    how: 'the old encryption key',
    attempt: () => withPath(({ state }) => ({ leafKey: state.privateKeys.get(0)?.publicKey ?? randomBytes() })),
  },
  {
    rule: 'path_key_known',
    how: "another member's key in the leaf",
    attempt: () => withPath((_, { state }) => ({ leafKey: state.privateKeys.get(2)?.publicKey ?? randomBytes() })),
  },
  {
    rule: 'path_key_known',
    how: "another member's key in a node",
    attempt: () => withPath((_, { state }) => ({ keys: first(state.privateKeys.get(2)?.publicKey ?? randomBytes()) })),
  },
  {
    rule: 'path_key_known',
    how: 'the key that the node had before',
    attempt: () => withPath(({ state }) => ({ keys: first(state.privateKeys.get(3)?.publicKey ?? randomBytes()) })),
  },
  {
    rule: 'path_key_known',
    how: 'a key twice in the path',
    attempt: () => withPath(() => ({ keys: (keys) => keys.map(() => keys[0] as Bytes) })),
  },
  { rule: 'path_key', how: 'a short key', attempt: () => withPath(() => ({ keys: first(randomBytes(31)) })) },
  {
    rule: 'path_key',
    how: 'a key of small order, to which nobody can encrypt',
    attempt: () => withPath(() => ({ keys: first(new Uint8Array(32)) })),
  },
  {
    rule: 'path_parent_hash',
    how: 'a random one',
    attempt: () => withPath(() => ({ source: { type: leafNodeSources.commit, parentHash: randomBytes() } })),
  },
  {
    rule: 'path_parent_hash',
    how: 'none',
    attempt: () => withPath(() => ({ source: { type: leafNodeSources.commit, parentHash: new Uint8Array() } })),
  },
  {
    rule: 'path_ciphertext_count',
    how: 'one too many',
    attempt: () =>
      withNodes((nodes) =>
        nodes.map((node) => ({
          ...node,
          encryptedPathSecret: [...node.encryptedPathSecret, ...node.encryptedPathSecret],
        })),
      ),
  },
  {
    rule: 'path_ciphertext_count',
    how: 'none',
    attempt: () => withNodes((nodes) => nodes.map((node) => ({ ...node, encryptedPathSecret: [] }))),
  },
  {
    rule: 'path_ciphertext_count',
    how: 'one for a leaf that the same commit adds',
    async attempt() {
      const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
      const x = await clientNamed('x');
      const add = await forgedAdd(x);
      if (add.type !== proposalTypes.add) throw new Error('not an Add');
      const { tree } = addLeaf(a.state.tree, add.keyPackage.leafNode);
      return receiving(
        b,
        await forgedCommit(a, [add], await pathOf({ client: a.client, state: { ...a.state, tree } } as Member)),
      );
    },
  },
  { rule: 'path_not_for_us', how: 'a Welcome left out the path secret', attempt: uninformed },
  {
    rule: 'path_undecryptable',
    how: 'encrypted for another tree',
    attempt: () => withPath(() => ({ groupContext: randomBytes() })),
  },
  {
    rule: 'path_undecryptable',
    how: 'a short secret',
    attempt: () => withPath(() => ({ pathSecrets: (secrets) => secrets.map(() => randomBytes(31)) })),
  },
  {
    rule: 'path_secret_mismatch',
    how: 'another secret',
    attempt: () => withPath(() => ({ pathSecrets: (secrets) => secrets.map(() => randomBytes()) }), 2),
  },
  {
    rule: 'path_secret_mismatch',
    how: 'a Welcome with a path secret for a node that is blank',
    async attempt() {
      const { client, own } = await newcomer('x');
      const founder = await clientNamed('founder');
      const tree = await treeOfTwo(founder, own.keyPackage.leafNode);
      const forged = await forgedGroup(founder, tree);
      const welcome = await forgedWelcome(founder, forged, own, randomBytes());
      return { states: [], run: () => joinFromWelcome(client, welcome, own) };
    },
  },
];
