import { describe, expect, it } from 'vitest';
import { type Bytes, equalBytes } from '../../src/codec/bytes.ts';
import { decode } from '../../src/codec/reader.ts';
import type { KeyPair } from '../../src/crypto/cipher-suite.ts';
import { signWithLabel } from '../../src/crypto/labels.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { leafSignature, leafSignatureLabel } from '../../src/group/validate-leaf.ts';
import {
  encodeLeafNodeContent,
  type LeafNodeContent,
  leafNodeToBeSigned,
  makeLeafNode,
} from '../../src/messages/leaf-node.ts';
import { leafNodeSources } from '../../src/messages/numbers.ts';
import { readUpdatePath, type UpdatePath } from '../../src/messages/update-path.ts';
import { createPath, encryptPath } from '../../src/tree/create-path.ts';
import { readTree } from '../../src/tree/encode-tree.ts';
import { type AppliedPath, applyUpdatePath } from '../../src/tree/filtered-path.ts';
import { parentHashesAreValid } from '../../src/tree/parent-hash.ts';
import { derivePathSecrets } from '../../src/tree/path-secrets.ts';
import { keysStillInTree, type PrivateTree } from '../../src/tree/private-tree.ts';
import { leafAt, type RatchetTree, subtreeAt } from '../../src/tree/ratchet-tree.ts';
import { assertCiphertextCounts, receivePath } from '../../src/tree/receive-path.ts';
import { encryptionKeyOf, occupiedSlots } from '../../src/tree/subtree.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';
import { nodeOfLeaf } from '../../src/tree/tree-math.ts';
import { validateTree } from '../../src/tree/validate-tree.ts';
import { fromHex, importSeed, loadVectors, plainContext, publicKeyOfSeed, type SuiteVector, toHex } from './load.ts';

interface LeafPrivate {
  readonly index: number;
  readonly encryption_priv: string;
  readonly signature_priv: string;
  readonly path_secrets: { node: number; path_secret: string }[];
}

interface UpdatePathVector {
  readonly sender: number;
  readonly update_path: string;
  readonly path_secrets: (string | null)[];
  readonly commit_secret: string;
  readonly tree_hash_after: string;
}

interface Vector extends SuiteVector {
  readonly group_id: string;
  readonly epoch: number;
  readonly confirmed_transcript_hash: string;
  readonly ratchet_tree: string;
  readonly leaves_private: LeafPrivate[];
  readonly update_paths: UpdatePathVector[];
}

const noneAdded: ReadonlySet<number> = new Set();

describe.each(loadVectors<Vector>('treekem.json'))('treekem case %i', (_, vector) => {
  const suite = cipherSuite(vector.cipher_suite);
  const { hash, kem } = suite;
  const groupId = fromHex(vector.group_id);
  const tree = decode(fromHex(vector.ratchet_tree), readTree);

  async function privateTreeOf({ index, encryption_priv, path_secrets }: LeafPrivate): Promise<PrivateTree> {
    const privateKey = fromHex(encryption_priv);
    const keys = new Map<number, KeyPair>();
    keys.set(nodeOfLeaf(index), { privateKey, publicKey: await kem.publicKeyOf(privateKey) });
    for (const { node, path_secret } of path_secrets) {
      const { keyPairs } = await derivePathSecrets(suite, fromHex(path_secret), 1);
      keys.set(node, keyPairs[0] as KeyPair);
    }
    return keys;
  }

  function privateOf(leafIndex: number): LeafPrivate {
    const found = vector.leaves_private.find(({ index }) => index === leafIndex);
    if (found === undefined) throw new Error('no such leaf');
    return found;
  }

  function contextFor(after: RatchetTree): Bytes {
    return plainContext({ ...vector, tree_hash: toHex(treeHash(hash, after.root)) }, vector.epoch).contextBytes;
  }

  /** What each leaf but the sender's makes of a path. */
  async function received({ steps, tree: after }: AppliedPath, path: UpdatePath, sender: number) {
    const groupContext = contextFor(after);
    const receivers = [...occupiedSlots(tree.root)].map(({ firstLeaf }) => firstLeaf).filter((at) => at !== sender);
    return Promise.all(
      receivers.map(async (leafIndex) => {
        const privateKeys = await privateTreeOf(privateOf(leafIndex));
        const result = await receivePath(suite, steps, path, {
          leafIndex,
          privateKeys,
          added: noneAdded,
          groupContext,
        });
        return { leafIndex, ...result };
      }),
    );
  }

  it('the private states fit the tree', async () => {
    for (const leaf of vector.leaves_private) {
      const keys = await privateTreeOf(leaf);
      for (const [node, { publicKey }] of keys) {
        const found = subtreeAt(tree, node);
        const expected = found && encryptionKeyOf(found);
        expect(expected && toHex(expected)).toBe(toHex(publicKey));
      }
      expect([...keysStillInTree(tree, leaf.index, keys).keys()].sort()).toEqual([...keys.keys()].sort());
      const signatureKey = leafAt(tree, leaf.index)?.signatureKey;
      expect(signatureKey && toHex(signatureKey)).toBe(await publicKeyOfSeed(leaf.signature_priv));
    }
  });

  const paths = vector.update_paths.map((path) => [path.sender, path] as const);

  it.each(paths)('the path of leaf %i is processed', async (sender, expected) => {
    const path = decode(fromHex(expected.update_path), readUpdatePath);
    const applied = applyUpdatePath(hash, tree, sender, path);
    assertCiphertextCounts(applied.steps, path, noneAdded);
    expect(parentHashesAreValid(hash, applied.tree.root)).toBe(true);
    expect(toHex(treeHash(hash, applied.tree.root))).toBe(expected.tree_hash_after);
    const { publicKey, data, signature } = leafSignature(path.leafNode, { groupId, leafIndex: sender });
    expect(await suite.signature.verify(publicKey, data, signature)).toBe(true);

    const results = await received(applied, path, sender);
    const secrets: (string | null)[] = expected.path_secrets.map(() => null);
    for (const { leafIndex, pathSecret, commitSecret, newKeys } of results) {
      secrets[leafIndex] = toHex(pathSecret);
      expect(toHex(commitSecret)).toBe(expected.commit_secret);
      for (const [node, key] of newKeys) {
        const found = subtreeAt(applied.tree, node);
        expect(equalBytes((found && encryptionKeyOf(found)) as Bytes, key.publicKey)).toBe(true);
      }
    }
    expect(secrets).toEqual(expected.path_secrets);
  });

  it.each(paths)('the path of leaf %i with another key is refused', (sender, { update_path }) => {
    const path = decode(fromHex(update_path), readUpdatePath);
    const nodes = path.nodes.map((node, i) => (i === 0 ? { ...node, encryptionKey: new Uint8Array(32) } : node));
    const broken = (rule: string) => expect.objectContaining({ rule });
    expect(() => applyUpdatePath(hash, tree, sender, { ...path, nodes })).toThrow(broken('path_parent_hash'));
    expect(() => applyUpdatePath(hash, tree, sender, { ...path, nodes: nodes.slice(1) })).toThrow(
      broken('path_length'),
    );
  });

  it.each(paths)('a new path of leaf %i is processed', async (sender) => {
    const former = leafAt(tree, sender);
    if (former === undefined) throw new Error('the sender has no leaf');
    const signatureKey = await importSeed(privateOf(sender).signature_priv);
    const created = await createPath(suite, tree, sender, async (encryptionKey, parentHash) => {
      const source = { type: leafNodeSources.commit, parentHash } as const;
      const content: LeafNodeContent = { ...former, encryptionKey, source };
      const signedPart = encodeLeafNodeContent(content);
      const signed = leafNodeToBeSigned(source.type, signedPart, { groupId, leafIndex: sender });
      return makeLeafNode(content, signedPart, await signWithLabel(suite, signatureKey, leafSignatureLabel, signed));
    });
    const nodes = await encryptPath(suite, created, noneAdded, contextFor(created.tree));
    const path: UpdatePath = { leafNode: created.leafNode, nodes };

    const applied = applyUpdatePath(hash, tree, sender, path);
    assertCiphertextCounts(applied.steps, path, noneAdded);
    expect(toHex(treeHash(hash, applied.tree.root))).toBe(toHex(treeHash(hash, created.tree.root)));
    validateTree(hash, applied.tree);
    const { publicKey, data, signature } = leafSignature(path.leafNode, { groupId, leafIndex: sender });
    expect(await suite.signature.verify(publicKey, data, signature)).toBe(true);
    for (const { commitSecret } of await received(applied, path, sender)) {
      expect(toHex(commitSecret)).toBe(toHex(created.commitSecret));
    }
  });
});
