import { copyBytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import type { PlacedLeaf } from '../group/policy.ts';
import { epochAuthenticatorOf, type GroupState } from '../group/state.ts';
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

/** False once a processed commit has removed this leaf. */
export function isActive({ status }: GroupState): boolean {
  return status === 'active';
}
