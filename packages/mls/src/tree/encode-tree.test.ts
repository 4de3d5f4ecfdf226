import { describe, expect, it } from 'vitest';
import { type Bytes, noBytes, textBytes } from '../codec/bytes.ts';
import { encode, Writer } from '../codec/writer.ts';
import { basicCredential } from '../messages/credential.ts';
import { encodeLeafNodeContent, makeLeafNode, writeLeafNode } from '../messages/leaf-node.ts';
import { leafNodeSources } from '../messages/numbers.ts';
import { decodeTree, writeParentNode, writeTree } from './encode-tree.ts';
import { memberCount } from './ratchet-tree.ts';
import { leafCapacity } from './subtree.ts';

const content = {
  encryptionKey: textBytes('encryption key'),
  signatureKey: textBytes('signature key'),
  credential: basicCredential(noBytes),
  capabilities: { versions: [], cipherSuites: [], extensions: [], proposals: [], credentials: [] },
  source: { type: leafNodeSources.update },
  extensions: [],
} as const;

const leaf = (writer: Writer) =>
  writeLeafNode(writer.uint8(1).uint8(1), makeLeafNode(content, encodeLeafNodeContent(content), noBytes));
const parent = (writer: Writer) =>
  writeParentNode(writer.uint8(1).uint8(2), { encryptionKey: noBytes, parentHash: noBytes, unmergedLeaves: [] });
const blank = (writer: Writer) => void writer.uint8(0);
const unknown = (writer: Writer) => void writer.uint8(1).uint8(3);

function treeOfNodes(...nodes: readonly ((writer: Writer) => void)[]): Bytes {
  return new Writer().vector(nodes, (writer, write) => write(writer)).finish();
}

describe('the ratchet_tree extension (RFC 9420 §12.4.3.3)', () => {
  it.each([
    ['one leaf', [leaf], 1, 1],
    ['two leaves', [leaf, parent, leaf], 2, 2],
    ['blank nodes between', [leaf, blank, blank, blank, leaf], 4, 2],
    ['a parent at the end', [leaf, blank, blank, parent], 4, 1],
    ['five leaves, in place of eight', [leaf, blank, leaf, blank, leaf, blank, leaf, blank, leaf], 8, 5],
  ])('%s', (_, nodes, capacity, members) => {
    const encoded = treeOfNodes(...nodes);
    const tree = decodeTree(encoded);
    expect([leafCapacity(tree.root), memberCount(tree)]).toEqual([capacity, members]);
    expect(encode(tree, writeTree)).toEqual(encoded);
  });

  it.each([
    ['no node', [], 'tree_empty'],
    ['a blank node at the end', [leaf, blank], 'tree_trailing_blank'],
    ['nothing but a blank node', [blank], 'tree_trailing_blank'],
    ["a parent in a leaf's place", [parent], 'tree_node_type'],
    ["a leaf in a parent's place", [leaf, leaf], 'tree_node_type'],
    ["a parent in the last leaf's place", [leaf, blank, parent], 'tree_node_type'],
  ])('%s is refused', (_, nodes, rule) => {
    expect(() => decodeTree(treeOfNodes(...nodes))).toThrow(expect.objectContaining({ rule }));
  });

  it('a node of unknown type, or more leaves than are allowed, is refused', () => {
    const malformed = expect.objectContaining({ code: 'malformed' });
    expect(() => decodeTree(treeOfNodes(unknown))).toThrow(malformed);
    const many = treeOfNodes(...new Array(70_000).fill(blank), leaf);
    expect(() => decodeTree(many)).toThrow(malformed);
  });
});
