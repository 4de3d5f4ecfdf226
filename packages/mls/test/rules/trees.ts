import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { encode } from '../../src/codec/writer.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { signLeafNode } from '../../src/group/sign-leaf.ts';
import { externalPubExtension } from '../../src/messages/extension.ts';
import { extensionTypes, leafNodeSources } from '../../src/messages/numbers.ts';
import { writeOptionalNode, writeTree } from '../../src/tree/encode-tree.ts';
import { parentHash } from '../../src/tree/parent-hash.ts';
import { type RatchetTree, treeOf } from '../../src/tree/ratchet-tree.ts';
import { branch, isBranch, leafSlot, type ParentNode, type Subtree } from '../../src/tree/subtree.ts';
import { clientNamed, commit, groupOf, type Member } from '../flows/members.ts';
import { newSigner, randomBytes } from '../support/hostile.ts';
import { forgedGroup, type GroupEdit } from '../support/hostile-groups.ts';
import { forgedKeyPackage, type KeyPackageEdit } from '../support/hostile-key-packages.ts';
import { type Attempt, joining, type RuleCase } from './rule-case.ts';

async function leafOf(client: MlsClient, edit?: KeyPackageEdit) {
  return (await forgedKeyPackage(client, edit)).keyPackage.leafNode;
}

/** A stranger joins a group that its founder, at leaf 0, has made up. */
async function joinTo(founder: MlsClient, tree: RatchetTree, edit?: GroupEdit): Promise<Attempt> {
  const { groupInfo } = await forgedGroup(founder, tree, edit);
  return joining(await clientNamed('stranger'), groupInfo);
}

async function leaves(...clients: MlsClient[]): Promise<Subtree[]> {
  return Promise.all(clients.map(async (client, i) => leafSlot(i, await leafOf(client))));
}

/** The founder and one more, below a node. */
async function pair(parent: (founder: MlsClient) => Promise<ParentNode> | ParentNode): Promise<Attempt> {
  const founder = await clientNamed('founder');
  const [left, right] = (await leaves(founder, await clientNamed('x'))) as [Subtree, Subtree];
  return joinTo(founder, treeOf(branch(await parent(founder), left, right)));
}

const parentWith = (...unmergedLeaves: number[]): ParentNode => ({
  encryptionKey: randomBytes(),
  parentHash: new Uint8Array(),
  unmergedLeaves,
});

/** The founder and one more, below a node that the founder has set as a commit would. */
async function linkedPair(encryptionKey: Bytes): Promise<Attempt> {
  const founder = await clientNamed('founder');
  const right = leafSlot(1, await leafOf(await clientNamed('x')));
  const parent = { encryptionKey, parentHash: new Uint8Array(), unmergedLeaves: [] };
  const source = { type: leafNodeSources.commit, parentHash: parentHash(founder.suite.hash, parent, right) } as const;
  const { publicKey } = await founder.suite.kem.generateKeyPair();
  const leaf = await signLeafNode(founder, publicKey, source, { groupId: textBytes('made up'), leafIndex: 0 });
  return joinTo(founder, treeOf(branch(parent, leafSlot(0, leaf), right)));
}

/** The tree of a real group with all nodes filled, changed at one node. */
async function realTree(change: (node: Subtree) => Subtree | undefined): Promise<Attempt> {
  const members = (await groupOf(['a', 'b', 'c', 'd'])) as Member[];
  for (const member of members) await commit(member, members);
  const [{ client, state }] = members as [Member];
  const visit = (at: Subtree): Subtree =>
    change(at) ?? (isBranch(at) ? branch(at.parent, visit(at.left), visit(at.right)) : at);
  return joinTo(client, treeOf(visit(state.tree.root)), { context: { groupId: state.context.groupId } });
}

/** A tree as it is on the wire, node by node. */
async function rawTree(encoded: (client: MlsClient) => Promise<Bytes>): Promise<Attempt> {
  const founder = await clientNamed('founder');
  const tree = treeOf(leafSlot(0, await leafOf(founder)));
  const data = await encoded(founder);
  const extensions: GroupEdit['extensions'] = ([pub]) => [
    pub ?? externalPubExtension(randomBytes()),
    { type: extensionTypes.ratchetTree, data },
  ];
  return joinTo(founder, tree, { extensions });
}

type Node = Parameters<typeof writeOptionalNode>[1];
const nodes = (...list: Node[]): Bytes => encode(list, (writer) => void writer.vector(list, writeOptionalNode));

/** Trees from outside (RFC 9420 §7.1, §7.9.2, §12.4.3.1, §12.4.3.3). */
export const treeCases: readonly RuleCase[] = [
  { rule: 'tree_empty', how: 'no nodes', attempt: () => rawTree(async () => nodes()) },
  {
    rule: 'tree_trailing_blank',
    how: 'a blank at the end',
    attempt: () => rawTree(async (client) => nodes(await leafOf(client), undefined, undefined)),
  },
  { rule: 'tree_trailing_blank', how: 'one blank', attempt: () => rawTree(async () => nodes(undefined)) },
  {
    rule: 'tree_node_type',
    how: "a parent in a leaf's place",
    attempt: () => rawTree(async () => nodes(parentWith())),
  },
  {
    rule: 'tree_node_type',
    how: "a leaf in a parent's place",
    attempt: () =>
      rawTree(async (client) => {
        const leaf = await leafOf(client);
        return nodes(leaf, leaf, leaf);
      }),
  },
  {
    rule: 'tree_not_given',
    how: 'neither in the group info nor beside it',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      return joinTo(founder, tree, { extensions: ([pub]) => (pub ? [pub] : []) });
    },
  },
  {
    rule: 'tree_hash_mismatch',
    how: 'the context has the hash of another tree',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      return joinTo(founder, tree, { context: { treeHash: randomBytes() } });
    },
  },
  {
    rule: 'tree_hash_mismatch',
    how: 'another tree beside the group info',
    async attempt() {
      const founder = await clientNamed('founder');
      const [tree, other] = await Promise.all([1, 2].map(async () => treeOf(leafSlot(0, await leafOf(founder)))));
      if (tree === undefined || other === undefined) throw new Error('no tree');
      const { groupInfo } = await forgedGroup(founder, tree, { extensions: ([pub]) => (pub ? [pub] : []) });
      return joining(await clientNamed('stranger'), groupInfo, encode(other, writeTree));
    },
  },
  { rule: 'parent_hash_invalid', how: 'a parent that no commit has set', attempt: () => pair(() => parentWith()) },
  {
    rule: 'parent_hash_invalid',
    how: 'a parent whose leaves are all unmerged',
    attempt: () => pair(() => parentWith(0, 1)),
  },
  {
    rule: 'parent_hash_invalid',
    how: 'another encryption key in the root of a real tree',
    attempt: () =>
      realTree((node) =>
        node.height === 2 && isBranch(node) && node.parent
          ? branch({ ...node.parent, encryptionKey: randomBytes() }, node.left, node.right)
          : undefined,
      ),
  },
  {
    rule: 'parent_hash_invalid',
    how: 'another parent hash in a node of a real tree',
    attempt: () =>
      realTree((node) =>
        node.height === 1 && isBranch(node) && node.parent
          ? branch({ ...node.parent, parentHash: randomBytes() }, node.left, node.right)
          : undefined,
      ),
  },
  {
    rule: 'parent_hash_invalid',
    how: 'a leaf replaced below a real tree',
    async attempt() {
      const leaf = await leafOf(await clientNamed('intruder'));
      return realTree((node) => (node.firstLeaf === 3 && !isBranch(node) ? leafSlot(3, leaf) : undefined));
    },
  },
  ...[randomBytes(31), new Uint8Array(32)].map(
    (encryptionKey): RuleCase => ({
      rule: 'parent_encryption_key',
      how: `${encryptionKey.length} bytes, in a tree that is valid otherwise`,
      attempt: () => linkedPair(encryptionKey),
    }),
  ),
  { rule: 'unmerged_not_ascending', how: 'in descending order', attempt: () => pair(() => parentWith(1, 0)) },
  { rule: 'unmerged_not_ascending', how: 'one twice', attempt: () => pair(() => parentWith(1, 1)) },
  { rule: 'unmerged_not_below', how: 'a leaf past the tree', attempt: () => pair(() => parentWith(2)) },
  {
    rule: 'unmerged_not_listed_between',
    how: 'a blank leaf',
    async attempt() {
      const founder = await clientNamed('founder');
      const leaf = leafSlot(0, await leafOf(founder));
      const right = branch(undefined, leafSlot(2, await leafOf(await clientNamed('x'))), leafSlot(3, undefined));
      const root = branch(parentWith(3), branch(undefined, leaf, leafSlot(1, undefined)), right);
      return joinTo(founder, treeOf(root));
    },
  },
  {
    rule: 'unmerged_not_listed_between',
    how: 'a node between does not list it',
    async attempt() {
      const founder = await clientNamed('founder');
      const [a, b, c, d] = await leaves(
        founder,
        ...(await Promise.all(['b', 'c', 'd'].map((name) => clientNamed(name)))),
      );
      const left = branch(undefined, a as Subtree, b as Subtree);
      const right = branch(parentWith(), c as Subtree, d as Subtree);
      return joinTo(founder, treeOf(branch(parentWith(3), left, right)));
    },
  },
  {
    rule: 'encryption_key_repeated',
    how: 'a parent with the key of a leaf',
    async attempt() {
      const founder = await clientNamed('founder');
      const key = randomBytes();
      const left = leafSlot(0, await leafOf(founder, { leafKey: key }));
      const right = leafSlot(1, await leafOf(await clientNamed('x')));
      return joinTo(founder, treeOf(branch({ ...parentWith(), encryptionKey: key }, left, right)));
    },
  },
  {
    rule: 'signature_key_repeated',
    how: 'two leaves of one client',
    async attempt() {
      const founder = await clientNamed('founder');
      const [left, right] = (await leaves(founder, founder)) as [Subtree, Subtree];
      return joinTo(founder, treeOf(branch(undefined, left, right)));
    },
  },
  {
    rule: 'leaf_signature',
    how: 'a leaf of the tree with the key of someone else',
    async attempt() {
      const founder = await clientNamed('founder');
      const x = await clientNamed('x');
      const forged = { ...x, signer: { ...x.signer, privateKey: (await newSigner()).privateKey } };
      const [left, right] = (await leaves(founder, forged)) as [Subtree, Subtree];
      return joinTo(founder, treeOf(branch(undefined, left, right)));
    },
  },
  {
    rule: 'leaf_not_vouched_for',
    how: 'a leaf of the tree',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      const { groupInfo } = await forgedGroup(founder, tree);
      return joining(await clientNamed('stranger', { authentication: { validate: async () => false } }), groupInfo);
    },
  },
  {
    rule: 'leaf_encryption_key',
    how: 'a leaf of the tree with a short one',
    async attempt() {
      const founder = await clientNamed('founder');
      return joinTo(founder, treeOf(leafSlot(0, await leafOf(founder, { leafKey: randomBytes(33) }))));
    },
  },
  {
    rule: 'group_extension_not_understood',
    how: 'the group has an extension that a leaf does not know',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      return joinTo(founder, tree, { context: { extensions: [{ type: 0xff00, data: randomBytes() }] } });
    },
  },
  {
    rule: 'group_info_suite',
    how: 'a group of another suite',
    async attempt() {
      const founder = await clientNamed('founder');
      return joinTo(founder, treeOf(leafSlot(0, await leafOf(founder))), { context: { cipherSuite: 2 } });
    },
  },
  {
    rule: 'group_info_suite',
    how: 'a group of another version',
    async attempt() {
      const founder = await clientNamed('founder');
      return joinTo(founder, treeOf(leafSlot(0, await leafOf(founder))), { context: { version: 2 } });
    },
  },
  {
    rule: 'extension_repeated',
    how: 'in a group info',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      return joinTo(founder, tree, { extensions: (usual) => [...usual, ...usual] });
    },
  },
  {
    rule: 'extension_repeated',
    how: 'in a group context',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      const extensions = [1, 1].map((type) => ({ type, data: textBytes('') }));
      return joinTo(founder, tree, { context: { extensions } });
    },
  },
  {
    rule: 'group_info_signer',
    how: 'a leaf past the tree',
    async attempt() {
      const founder = await clientNamed('founder');
      return joinTo(founder, treeOf(leafSlot(0, await leafOf(founder))), { signer: 1 });
    },
  },
  {
    rule: 'group_info_signature',
    how: 'by someone else',
    async attempt() {
      const founder = await clientNamed('founder');
      const tree = treeOf(leafSlot(0, await leafOf(founder)));
      return joinTo(await clientNamed('other'), tree);
    },
  },
  ...(
    [
      ['none', ([, tree]) => (tree ? [tree] : [])],
      ['a short one', ([, tree]) => [externalPubExtension(randomBytes(31)), ...(tree ? [tree] : [])]],
      ['one of small order', ([, tree]) => [externalPubExtension(new Uint8Array(32)), ...(tree ? [tree] : [])]],
    ] as const satisfies readonly (readonly [string, GroupEdit['extensions']])[]
  ).map(
    ([how, extensions]): RuleCase => ({
      rule: 'external_pub_missing',
      how,
      async attempt() {
        const founder = await clientNamed('founder');
        return joinTo(founder, treeOf(leafSlot(0, await leafOf(founder))), { extensions });
      },
    }),
  ),
];
