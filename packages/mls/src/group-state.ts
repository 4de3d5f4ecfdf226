import type { ClientState } from 'ts-mls/clientState.js';
import type { RatchetTree } from 'ts-mls/ratchetTree.js';
import { copyBytes } from './bytes.ts';
import { basicIdentity } from './client-config.ts';
import { MlsError } from './errors.ts';
import type { GroupState, Member } from './types.ts';

/** The inside of a state. Only this package may look. */
export function unwrap(state: GroupState): ClientState {
  return state as unknown as ClientState;
}

export function wrap(state: ClientState): GroupState {
  return state as unknown as GroupState;
}

/** Refuses tombstones, whose secrets are gone. */
export function activeState(state: GroupState): ClientState {
  const inner = unwrap(state);
  if (inner.groupActiveState.kind !== 'active') throw new MlsError('removed', 'removed from the group');
  return inner;
}

/** An epoch is a uint64 on the wire; no group of ours lives long enough to leave the safe integers. */
export function epochNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MlsError('malformed', 'epoch out of range');
  return Number(value);
}

export function memberAt(tree: RatchetTree, leafIndex: number): Member | undefined {
  const node = tree[leafIndex * 2];
  if (node?.nodeType !== 'leaf') return undefined;
  return {
    leafIndex,
    identity: copyBytes(basicIdentity(node.leaf.credential)),
    signatureKey: copyBytes(node.leaf.signaturePublicKey),
  };
}

export function membersOfTree(tree: RatchetTree): Member[] {
  const found: Member[] = [];
  for (let leafIndex = 0; leafIndex * 2 < tree.length; leafIndex++) {
    const member = memberAt(tree, leafIndex);
    if (member !== undefined) found.push(member);
  }
  return found;
}

/** All members by leaf index. Of a tombstone: those who remained. */
export function members(state: GroupState): Member[] {
  return membersOfTree(unwrap(state).ratchetTree);
}

export function epoch(state: GroupState): number {
  return epochNumber(unwrap(state).groupContext.epoch);
}

export function groupId(state: GroupState): Uint8Array {
  return copyBytes(unwrap(state).groupContext.groupId);
}

/** Equal for all members of one epoch, and only for them (RFC 9420 §8.7): a fork shows itself here. Not secret. */
export function epochAuthenticator(state: GroupState): Uint8Array {
  return copyBytes(activeState(state).keySchedule.epochAuthenticator);
}

export function ownLeafIndex(state: GroupState): number {
  return unwrap(state).privatePath.leafIndex;
}

/** False once a processed commit has removed this leaf. */
export function isActive(state: GroupState): boolean {
  return unwrap(state).groupActiveState.kind === 'active';
}
