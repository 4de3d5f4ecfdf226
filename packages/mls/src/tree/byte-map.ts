import { equalBytes } from '../codec/bytes.ts';

/**
 * A map from bytes that is never changed in place: a change copies the few nodes on its way. It is a trie over 32 bits of hash, 16
 * branches a level; entries whose hashes are equal share a list.
 */
export interface ByteMap<V> {
  readonly root: MapNode<V> | undefined;
  readonly size: number;
}

interface Entry<V> {
  readonly hash: number;
  readonly key: Uint8Array;
  readonly value: V;
}

type MapNode<V> =
  | { readonly kind: 'entries'; readonly entries: readonly Entry<V>[] }
  | { readonly kind: 'level'; readonly children: readonly (MapNode<V> | undefined)[] };

const bitsPerLevel = 4;
const branches = 1 << bitsPerLevel;
const hashBits = 32;

export const emptyByteMap: ByteMap<never> = { root: undefined, size: 0 };

/** Another one in every process, so that nobody can send a tree of keys that all have one hash. */
const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));

/** FNV-1a, from a random start. */
export function hashOf(key: Uint8Array): number {
  let hash = seed;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  return hash >>> 0;
}

function branchAt(hash: number, shift: number): number {
  return (hash >>> shift) & (branches - 1);
}

export function byteMapGet<V>(map: ByteMap<V>, key: Uint8Array): V | undefined {
  const hash = hashOf(key);
  let node = map.root;
  for (let shift = 0; node !== undefined; shift += bitsPerLevel) {
    if (node.kind === 'entries') {
      return node.entries.find((entry) => entry.hash === hash && equalBytes(entry.key, key))?.value;
    }
    node = node.children[branchAt(hash, shift)];
  }
  return undefined;
}

function split<V>(entries: readonly Entry<V>[], shift: number): MapNode<V> {
  const children: (MapNode<V> | undefined)[] = new Array(branches).fill(undefined);
  for (const entry of entries) {
    const at = branchAt(entry.hash, shift);
    children[at] = inserted(children[at], entry, shift + bitsPerLevel);
  }
  return { kind: 'level', children };
}

function inserted<V>(node: MapNode<V> | undefined, entry: Entry<V>, shift: number): MapNode<V> {
  if (node === undefined) return { kind: 'entries', entries: [entry] };
  if (node.kind === 'entries') {
    const others = node.entries.filter(({ hash, key }) => hash !== entry.hash || !equalBytes(key, entry.key));
    const entries = [...others, entry];
    return entries.length === 1 || shift >= hashBits ? { kind: 'entries', entries } : split(entries, shift);
  }
  const at = branchAt(entry.hash, shift);
  return {
    kind: 'level',
    children: node.children.with(at, inserted(node.children[at], entry, shift + bitsPerLevel)),
  };
}

function without<V>(
  node: MapNode<V> | undefined,
  hash: number,
  key: Uint8Array,
  shift: number,
): MapNode<V> | undefined {
  if (node === undefined) return undefined;
  if (node.kind === 'entries') {
    const entries = node.entries.filter((entry) => entry.hash !== hash || !equalBytes(entry.key, key));
    return entries.length === 0 ? undefined : { kind: 'entries', entries };
  }
  const at = branchAt(hash, shift);
  const children = node.children.with(at, without(node.children[at], hash, key, shift + bitsPerLevel));
  return children.every((child) => child === undefined) ? undefined : { kind: 'level', children };
}

function bulk<V>(entries: readonly Entry<V>[], shift: number): MapNode<V> | undefined {
  if (entries.length === 0) return undefined;
  if (entries.length === 1 || shift >= hashBits) return { kind: 'entries', entries };
  const parts: Entry<V>[][] = Array.from({ length: branches }, () => []);
  for (const entry of entries) (parts[branchAt(entry.hash, shift)] as Entry<V>[]).push(entry);
  return { kind: 'level', children: parts.map((part) => bulk(part, shift + bitsPerLevel)) };
}

/** A map of all of these at once. Of keys that repeat, the last counts, or what `join` makes of both. */
export function byteMapOf<V>(
  entries: Iterable<readonly [Uint8Array, V]>,
  join: (before: V, after: V) => V = (_, after) => after,
): ByteMap<V> {
  const hashed = Array.from(entries, ([key, value]): Entry<V> => ({ hash: hashOf(key), key, value }));
  const hashes = new Set(hashed.map(({ hash }) => hash));
  // Equal hashes are rare, and equal keys have equal hashes: only then is it worth looking closer.
  if (hashes.size === hashed.length) return { root: bulk(hashed, 0), size: hashed.length };
  return hashed.reduce<ByteMap<V>>((map, { key, value }) => {
    const before = byteMapGet(map, key);
    return byteMapSet(map, key, before === undefined ? value : join(before, value));
  }, emptyByteMap);
}

/** With `key` set to `value`. */
export function byteMapSet<V>(map: ByteMap<V>, key: Uint8Array, value: V): ByteMap<V> {
  const known = byteMapGet(map, key) !== undefined;
  return {
    root: inserted(map.root, { hash: hashOf(key), key, value }, 0),
    size: map.size + (known ? 0 : 1),
  };
}

/** Without `key`. */
export function byteMapDelete<V>(map: ByteMap<V>, key: Uint8Array): ByteMap<V> {
  if (byteMapGet(map, key) === undefined) return map;
  return { root: without(map.root, hashOf(key), key, 0), size: map.size - 1 };
}
