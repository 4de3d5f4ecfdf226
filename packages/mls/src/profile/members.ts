import { copyBytes } from '../codec/bytes.ts';
import { guardedSync, MlsError } from '../errors.ts';
import type { PlacedLeaf } from '../group/policy.ts';
import { assertActive, epochAuthenticatorOf, type GroupState, leafCountOf } from '../group/state.ts';
import { nextGenerationAt } from '../schedule/secret-tree.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { occupiedSlots } from '../tree/subtree.ts';
import type { Member } from './types.ts';

export function memberOf({ leafIndex, leafNode }: PlacedLeaf): Member {
  return {
    leafIndex,
    identity: copyBytes(leafNode.credential.content),
    signatureKey: copyBytes(leafNode.signatureKey),
  };
}

export function membersOfTree({ root }: RatchetTree): Member[] {
  return occupiedSlots(root).map(({ leaf, firstLeaf }) => memberOf({ leafIndex: firstLeaf, leafNode: leaf }));
}

/** All members by leaf index. Of a tombstone: those who remained. */
export function members({ tree }: GroupState): Member[] {
  return membersOfTree(tree);
}

/**
 * The signatures of the leaf nodes (RFC 9420 §7.2), by leaf index: a leaf that was renewed, or removed and let in again, has another one than before.
 */
export function leafSignatures({ tree }: GroupState): Map<number, Uint8Array> {
  return new Map(occupiedSlots(tree.root).map(({ leaf, firstLeaf }) => [firstLeaf, copyBytes(leaf.signature)]));
}

/** An epoch is a uint64 on the wire; no group lives long enough to leave the safe integers. */
export function epochNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MlsError('malformed', 'epoch out of range');
  return Number(value);
}

export function epoch({ context }: GroupState): number {
  return epochNumber(context.epoch);
}

export function groupId({ context }: GroupState): Uint8Array {
  return copyBytes(context.groupId);
}

/** Equal for all members of one epoch, and only for them (RFC 9420 §8.7): a fork shows itself here. Not secret. */
export function epochAuthenticator(state: GroupState): Uint8Array {
  return epochAuthenticatorOf(state);
}

export function ownLeafIndex({ leafIndex }: GroupState): number {
  return leafIndex;
}

/**
 * The generation of the next application message of this device in this epoch (RFC 9420 §9.1). A message of its own that has this one
 * or a later one was sealed by a later state: this state is an old copy, and must not seal.
 */
export function nextGeneration(state: GroupState): number {
  return guardedSync(() => {
    assertActive(state);
    return nextGenerationAt(state.secretTree, state.leafIndex, leafCountOf(state.tree));
  });
}

/** SHA-256 of the encoded GroupContext (RFC 9420 §8.1): that of `inspectGroupInfo` if and only if both are of the same epoch. */
export function groupContextHash({ suite, contextBytes }: GroupState): Uint8Array {
  return suite.hash.digest(contextBytes);
}

/** False once a processed commit has removed this leaf. */
export function isActive({ status }: GroupState): boolean {
  return status === 'active';
}
