import { parseIdentity } from '@undertone/identity';
import type { GroupState } from '@undertone/mls';
import { type Member, members, ownLeafIndex } from '@undertone/mls/profile';
import type { AccountId, DeviceId } from '@undertone/protocol';
import type { RoomRecord } from '../storage/records.ts';
import type { RoomDeps } from './room-deps.ts';

/** The device behind a leaf. The authentication service let the leaf in, so its identity is one of ours. */
export function deviceOf(member: Member): { readonly account: AccountId; readonly device: DeviceId } {
  const identity = parseIdentity(member.identity);
  if (identity === undefined) throw new TypeError('a leaf without a device');
  return identity;
}

/** Whether two lists name the same devices. */
export function sameDevices(members: readonly Member[], declared: readonly DeviceId[]): boolean {
  const found = members.map((member) => deviceOf(member).device).sort();
  const wanted = [...declared].sort();
  return found.length === wanted.length && found.every((device, i) => device === wanted[i]);
}

/** The accounts in a group, leaving out devices whose removal is pending. Each once, in the order of their leaves. */
export function accountsIn(group: GroupState, leaving: readonly DeviceId[]): AccountId[] {
  const present = members(group)
    .map(deviceOf)
    .filter(({ device }) => !leaving.includes(device));
  return [...new Set(present.map(({ account }) => account))];
}

/** The devices of an account in a group. */
export const devicesOf = (group: GroupState, account: AccountId): DeviceId[] =>
  members(group)
    .map(deviceOf)
    .flatMap((leaf) => (leaf.account === account ? leaf.device : []));

/**
 * Leaves that are to be removed before anything is said: those whose removal is pending (SPEC R6) and, in a thread, those of a device
 * that is not its account's any more, whether or not the server noted that.
 */
export function leavesToRemove({ identities }: RoomDeps, group: GroupState, { room }: RoomRecord): Member[] {
  return members(group).filter((member) => {
    const { account, device } = deviceOf(member);
    // Nobody can remove itself: a notice that names this very device is for the others to follow, or a lie. The device's id alone does not make
    // a leaf this device's: a server can give the same id to one of another account, which would stay unseen then.
    if (member.leafIndex === ownLeafIndex(group)) return false;
    const gone = room.kind === 'thread' && identities.isOver(account, device);
    return gone || room.pendingRemovals.includes(device);
  });
}

/** The leaves of these devices. */
export function leavesOf(group: GroupState, devices: readonly DeviceId[]): Member[] {
  return members(group).filter((member) => devices.includes(deviceOf(member).device));
}
