import { type Bytes, noBytes, textBytes } from '../codec/bytes.ts';
import type { CipherSuite, Hash } from '../crypto/cipher-suite.ts';
import { expandWithLabel } from '../crypto/labels.ts';
import { MlsError } from '../errors.ts';
import { newRatchet, type Ratchet, withoutSkippedKeys } from './ratchet.ts';

/** Handshake messages and application messages have a ratchet each (RFC 9420 §9.1). */
export type RatchetKind = 'handshake' | 'application';

/**
 * The secret tree (RFC 9420 §9). A node's secret exists until it is split in two; a leaf's until its ratchets begin. Never changed:
 * what was consumed is in the former tree only, and is wiped with it.
 */
export type SecretTree =
  | { readonly kind: 'secret'; readonly secret: Bytes }
  | { readonly kind: 'split'; readonly left: SecretTree; readonly right: SecretTree }
  | { readonly kind: 'leaf'; readonly handshake: Ratchet; readonly application: Ratchet };

export type SecretLeaf = Extract<SecretTree, { kind: 'leaf' }>;

const leftContext = textBytes('left');
const rightContext = textBytes('right');

export function newSecretTree(encryptionSecret: Bytes): SecretTree {
  return { kind: 'secret', secret: encryptionSecret };
}

function splitSecret(hash: Hash, secret: Bytes): Extract<SecretTree, { kind: 'split' }> {
  const child = (context: Bytes): SecretTree => ({
    kind: 'secret',
    secret: expandWithLabel(hash, secret, 'tree', context, hash.bytes),
  });
  return { kind: 'split', left: child(leftContext), right: child(rightContext) };
}

function begunLeaf(hash: Hash, secret: Bytes): SecretLeaf {
  const ratchet = (kind: RatchetKind) => newRatchet(expandWithLabel(hash, secret, kind, noBytes, hash.bytes));
  return { kind: 'leaf', handshake: ratchet('handshake'), application: ratchet('application') };
}

/** The tree with a leaf's ratchets begun: secrets on the way to it are split, as in any other order of use. */
export function beginSecretLeaf(
  suite: CipherSuite,
  tree: SecretTree,
  leafIndex: number,
  leafCount: number,
): SecretTree {
  if (tree.kind === 'leaf') return tree;
  const { hash } = suite;
  if (leafCount === 1) return tree.kind === 'secret' ? begunLeaf(hash, tree.secret) : tree;
  const split = tree.kind === 'secret' ? splitSecret(hash, tree.secret) : tree;
  const { left, right } = split;
  const half = leafCount / 2;
  const goLeft = (leafIndex & half) === 0;
  const before = goLeft ? left : right;
  const after = beginSecretLeaf(suite, before, leafIndex, half);
  if (after === before) return split;
  // A secret that came into being on the way and was used up at once is in no tree: nobody else would wipe it (RFC 9420 §9.2).
  if (tree.kind === 'secret' && before.kind === 'secret') before.secret.fill(0);
  return goLeft ? { kind: 'split', left: after, right } : { kind: 'split', left, right: after };
}

/** The leaf, or the secret above it that was not split yet. */
function lowestOnWay(tree: SecretTree, leafIndex: number, leafCount: number): SecretTree {
  let at = tree;
  for (let half = leafCount / 2; at.kind === 'split'; half /= 2) at = (leafIndex & half) === 0 ? at.left : at.right;
  return at;
}

/** The ratchets of a leaf that {@link beginSecretLeaf} began, in a tree of `leafCount` leaves, a power of two. */
export function secretLeafAt(tree: SecretTree, leafIndex: number, leafCount: number): SecretLeaf {
  const at = lowestOnWay(tree, leafIndex, leafCount);
  if (at.kind !== 'leaf') throw new MlsError('internal', 'a secret tree whose leaf was not begun');
  return at;
}

/** The tree after a leaf's ratchet was used. */
export function withSecretLeaf(tree: SecretTree, leafIndex: number, leafCount: number, leaf: SecretLeaf): SecretTree {
  if (tree.kind !== 'split') return leaf;
  const { left, right } = tree;
  const half = leafCount / 2;
  return (leafIndex & half) === 0
    ? { kind: 'split', left: withSecretLeaf(left, leafIndex, half, leaf), right }
    : { kind: 'split', left, right: withSecretLeaf(right, leafIndex, half, leaf) };
}

/** The generation of a leaf's next application key, also where its ratchets have not begun. */
export function nextGenerationAt(tree: SecretTree, leafIndex: number, leafCount: number): number {
  const at = lowestOnWay(tree, leafIndex, leafCount);
  return at.kind === 'leaf' ? at.application.generation : 0;
}

/** Nodes without a skipped key below them: each message changes one way through the tree, and only that is looked at again. */
const clean = new WeakSet<SecretTree>();

/** The tree without the keys of skipped generations of any sender; itself if it has none. */
export function withoutSkipped(tree: SecretTree): SecretTree {
  if (tree.kind === 'secret' || clean.has(tree)) return tree;
  const after = withoutSkippedBelow(tree);
  clean.add(after);
  return after;
}

function withoutSkippedBelow(tree: Exclude<SecretTree, { kind: 'secret' }>): SecretTree {
  if (tree.kind === 'leaf') {
    const [handshake, application] = [withoutSkippedKeys(tree.handshake), withoutSkippedKeys(tree.application)];
    const same = handshake === tree.handshake && application === tree.application;
    return same ? tree : { kind: 'leaf', handshake, application };
  }
  const [left, right] = [withoutSkipped(tree.left), withoutSkipped(tree.right)];
  return left === tree.left && right === tree.right ? tree : { kind: 'split', left, right };
}
