import { type Bytes, equalBytes, noBytes } from '../codec/bytes.ts';
import { decode, type Reader } from '../codec/reader.ts';
import { encode, type Writer } from '../codec/writer.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import { readLeafNode, writeLeafNode } from '../messages/leaf-node.ts';
import { readParentNode, writeParentNode } from '../tree/encode-tree.ts';
import { type RatchetTree, subtreeAt, treeOf } from '../tree/ratchet-tree.ts';
import { blankSubtree, branch, isBranch, leafSlot, nodeIndexOf, type Subtree } from '../tree/subtree.ts';
import { treeHash } from '../tree/tree-hash.ts';

/**
 * A tree is stored in pages of a few levels. A page is named by the tree hash of its topmost node (RFC 9420 §7.8), which stands for
 * all that is below: trees that share nodes share pages, and a commit writes the pages on its path only.
 */
const lowestTop = 2;
const levelsPerPage = 3;

function isRegularTop(height: number): boolean {
  return height >= lowestTop && (height - lowestTop) % levelsPerPage === 0;
}

/** Nothing is stored of a subtree in which all is blank. */
function isBlank(subtree: Subtree): boolean {
  if (!isBranch(subtree)) return subtree.leaf === undefined;
  if (subtree.occupied > 0 || subtree.parent !== undefined) return false;
  return isBlank(subtree.left) && isBlank(subtree.right);
}

const kinds = { blank: 0, node: 1, page: 2 } as const;

function writeSubtree(writer: Writer, at: Subtree, hash: Hash, isTop: boolean): void {
  if (isBlank(at)) writer.uint8(kinds.blank);
  else if (!isTop && isRegularTop(at.height)) writer.uint8(kinds.page).fixed(treeHash(hash, at));
  else if (isBranch(at)) {
    writer.uint8(kinds.node).optional(at.parent, writeParentNode);
    writeSubtree(writer, at.left, hash, false);
    writeSubtree(writer, at.right, hash, false);
  } else writer.uint8(kinds.node).optional(at.leaf, writeLeafNode);
}

/** Gives the page with this tree hash. */
export type PageSource = (treeHash: Bytes) => Bytes;

function unknownForm(): MlsError {
  return new MlsError('malformed', 'a stored tree of unknown form');
}

/** What a page is being read for. */
interface PageReading {
  readonly hash: Hash;
  readonly pages: PageSource;
}

function readSubtree(reader: Reader, firstLeaf: number, height: number, isTop: boolean, reading: PageReading): Subtree {
  const { hash } = reading;
  switch (reader.uint8()) {
    case kinds.blank:
      return blankSubtree(firstLeaf, height);
    case kinds.page:
      // A record may be damaged: no page lies at its own top.
      if (isTop || !isRegularTop(height)) throw unknownForm();
      return readPage(reader.fixed(hash.bytes), firstLeaf, height, reading);
    case kinds.node: {
      if (height === 0) return leafSlot(firstLeaf, reader.optional(readLeafNode));
      const parent = reader.optional(readParentNode);
      const left = readSubtree(reader, firstLeaf, height - 1, false, reading);
      return branch(parent, left, readSubtree(reader, firstLeaf + 2 ** (height - 1), height - 1, false, reading));
    }
    default:
      throw unknownForm();
  }
}

function readPage(name: Bytes, firstLeaf: number, height: number, reading: PageReading): Subtree {
  const subtree = decode(reading.pages(name), (reader) => readSubtree(reader, firstLeaf, height, true, reading));
  subtree.treeHash = name;
  return subtree;
}

/** Reads a stored tree. What is stored was checked before; it is not checked again. */
export function readStoredTree(hash: Hash, name: Bytes, height: number, pages: PageSource): RatchetTree {
  if (2 ** height > limits.leaves) throw unknownForm();
  return treeOf(name.length === 0 ? blankSubtree(0, height) : readPage(name, 0, height, { hash, pages }));
}

/** How a stored tree is found again. */
export function storedTreeName(hash: Hash, { root }: RatchetTree): Bytes {
  return isBlank(root) ? noBytes : treeHash(hash, root);
}

/** One page, encoded when it is wanted. */
export interface TreePage {
  readonly name: Bytes;
  encode(): Bytes;
}

/** Trees that were read from the store share no nodes, so what stands in the same place is compared by its hash. */
function isIn(other: RatchetTree, subtree: Subtree, root: Subtree, hash: Hash): boolean {
  const there = subtreeAt(other, nodeIndexOf(subtree));
  if (there === undefined || there.height !== subtree.height) return false;
  if (there !== subtree && !equalBytes(treeHash(hash, there), treeHash(hash, subtree))) return false;
  // The topmost page is cut where the tree ends, so it is the same only if the tree is as high.
  return isRegularTop(subtree.height) || other.root.height === root.height;
}

function* pagesBelow(top: Subtree, root: Subtree, hash: Hash, others: readonly RatchetTree[]): Generator<TreePage> {
  if (isBlank(top) || others.some((other) => isIn(other, top, root, hash))) return;
  yield {
    name: treeHash(hash, top),
    encode: () => encode(top, (writer) => writeSubtree(writer, top, hash, true)),
  };
  yield* pagesInside(top, root, hash, others);
}

function* pagesInside(at: Subtree, root: Subtree, hash: Hash, others: readonly RatchetTree[]): Generator<TreePage> {
  if (!isBranch(at)) return;
  for (const child of [at.left, at.right]) {
    if (isRegularTop(child.height)) yield* pagesBelow(child, root, hash, others);
    else yield* pagesInside(child, root, hash, others);
  }
}

/** The pages of a tree that are not pages of the others. */
export function pagesOf(hash: Hash, { root }: RatchetTree, others: readonly RatchetTree[]): Iterable<TreePage> {
  return pagesBelow(root, root, hash, others);
}
