import { type Bytes, copyBytes } from '../codec/bytes.ts';
import { guardedSync, MlsError } from '../errors.ts';
import type { GroupState } from '../group/state.ts';
import type { SecretTree } from '../schedule/secret-tree.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { readStoredSecretTree, secretPages } from './secret-pages.ts';
import { decodeStateRecord, encodeStateRecord } from './state-record.ts';
import { pagesOf, readStoredTree } from './tree-pages.ts';

/** The states of one group that are stored together, by name: the current one and, say, that of a commit under way. */
export type StoredStates = Readonly<Record<string, GroupState>>;

/** A record to be written; without a value, to be deleted. Values are secret: to be sealed at rest. */
export interface StoredChange {
  readonly key: string;
  readonly value?: Bytes;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const stateKey = (name: string) => `state/${name}`;
const treeKey = (treeHash: Uint8Array) => `tree/${hex(treeHash)}`;
const secretKey = (name: string, epoch: bigint, place: string) => `secret/${name}/${epoch}/${place}`;

function treesOf({ tree, pastEpochs }: GroupState): RatchetTree[] {
  return [tree, ...pastEpochs.map((past) => past.tree)];
}

/** The secret trees of a state by epoch. */
function secretTreesOf(state: GroupState | undefined): Map<bigint, SecretTree> {
  if (state === undefined) return new Map();
  const past = state.pastEpochs.map(({ context, secretTree }): [bigint, SecretTree] => [context.epoch, secretTree]);
  return new Map([[state.context.epoch, state.secretTree], ...past]);
}

type Pages = Map<string, () => Bytes>;

function treePages(states: StoredStates, others: StoredStates): Pages {
  const pages: Pages = new Map();
  const otherTrees = Object.values(others).flatMap(treesOf);
  for (const state of Object.values(states)) {
    for (const tree of treesOf(state)) {
      for (const { name, encode } of pagesOf(state.suite.hash, tree, otherTrees)) pages.set(treeKey(name), encode);
    }
  }
  return pages;
}

function stateRecords(states: StoredStates, others: StoredStates): Pages {
  const records: Pages = new Map();
  for (const [name, state] of Object.entries(states)) {
    const other = others[name];
    if (state === other) continue;
    records.set(stateKey(name), () => encodeStateRecord(state));
    const before = secretTreesOf(other);
    for (const [epoch, secretTree] of secretTreesOf(state)) {
      for (const { place, encode } of secretPages(secretTree, before.get(epoch))) {
        records.set(secretKey(name, epoch, place), encode);
      }
    }
  }
  return records;
}

/**
 * What has to be written so that `after` is stored where `before` was: the records of what a commit or a message changed, not the
 * whole. All of it belongs into one transaction.
 */
export function storedChanges(before: StoredStates, after: StoredStates): StoredChange[] {
  return guardedSync(() => {
    const puts = new Map([...treePages(after, before), ...stateRecords(after, before)]);
    const gone = [...treePages(before, after).keys(), ...stateRecords(before, after).keys()];
    return [
      ...gone.filter((key) => !puts.has(key)).map((key) => ({ key })),
      ...[...puts].map(([key, encode]) => ({ key, value: encode() })),
    ];
  });
}

/** Reads the states that were stored by {@link storedChanges}. Not a check against tampering: that is what the seal is for. */
export function readStoredStates(records: ReadonlyMap<string, Uint8Array>): StoredStates {
  return guardedSync(() => {
    const record = (key: string): Bytes => {
      const bytes = records.get(key);
      if (bytes === undefined) throw new MlsError('malformed', 'a part of the stored state is missing');
      return copyBytes(bytes);
    };
    const states: Record<string, GroupState> = {};
    const trees = new Map<string, RatchetTree>();
    const prefix = stateKey('');
    for (const [key, value] of records) {
      if (!key.startsWith(prefix)) continue;
      const name = key.slice(prefix.length);
      states[name] = decodeStateRecord(copyBytes(value), {
        tree(hash, treeHash, height) {
          const id = `${height}/${hex(treeHash)}`;
          const known = trees.get(id) ?? readStoredTree(hash, treeHash, height, (page) => record(treeKey(page)));
          trees.set(id, known);
          return known;
        },
        secretTree: (epoch) => readStoredSecretTree((place) => record(secretKey(name, epoch, place))),
      });
    }
    return states;
  });
}
