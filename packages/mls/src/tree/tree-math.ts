/**
 * The array representation of a ratchet tree (RFC 9420 Appendix C): leaf `i` is node `2 i`, and a tree of `n` leaves, a power of two,
 * has `2 n - 1` nodes. The tree itself is kept as linked nodes; these numbers name them on the wire and in storage.
 */

/** How far a node stands above the leaves. */
export function levelOf(node: number): number {
  let level = 0;
  let rest = node;
  while ((rest & 1) === 1) {
    level += 1;
    rest = Math.floor(rest / 2);
  }
  return level;
}

export function nodeCount(leafCount: number): number {
  return leafCount === 0 ? 0 : 2 * (leafCount - 1) + 1;
}

export function rootOf(leafCount: number): number {
  return leafCount - 1;
}

export function leftOf(node: number): number | undefined {
  const level = levelOf(node);
  return level === 0 ? undefined : node - 2 ** (level - 1);
}

export function rightOf(node: number): number | undefined {
  const level = levelOf(node);
  return level === 0 ? undefined : node + 2 ** (level - 1);
}

export function parentOf(node: number, leafCount: number): number | undefined {
  if (node === rootOf(leafCount)) return undefined;
  const level = levelOf(node);
  const step = 2 ** level;
  return Math.floor(node / (2 * step)) % 2 === 0 ? node + step : node - step;
}

export function siblingOf(node: number, leafCount: number): number | undefined {
  const parent = parentOf(node, leafCount);
  if (parent === undefined) return undefined;
  return node < parent ? rightOf(parent) : leftOf(parent);
}

export function nodeOfLeaf(leafIndex: number): number {
  return 2 * leafIndex;
}

/** The node at `height` above the leaves whose leftmost leaf is `firstLeaf`. */
export function nodeOfSubtree(firstLeaf: number, height: number): number {
  return 2 * firstLeaf + 2 ** height - 1;
}
