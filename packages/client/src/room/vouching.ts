import type { GroupState } from '@undertone/mls';
import { leafSignatures, type Member, members } from '@undertone/mls/profile';
import { type AccountId, equalBytes } from '@undertone/protocol';
import type { IdentityBook } from '../identity/identity-book.ts';
import type { EpochFloor, RoomRecord, Vouched } from '../storage/records.ts';
import type { DoubtView } from '../view/index.ts';
import { accountsIn, deviceOf } from './roster.ts';

/**
 * The identity behind a leaf: its account, and the root of the key log that names its device with its key. None if its key is not the
 * device's any more, since a log that gives the device another one was accepted (SPEC I10).
 */
function identityOf(identities: IdentityBook, member: Member): Vouched | undefined {
  const { account, device } = deviceOf(member);
  const root = identities.rootOf(account, device, member.signatureKey);
  return root === undefined ? undefined : { account, root };
}

/** The identities behind leaves, each once. */
export function identitiesOf(identities: IdentityBook, leaves: readonly Member[]): Vouched[] {
  const found = new Map<string, Vouched>();
  for (const leaf of leaves) {
    const one = identityOf(identities, leaf);
    if (one !== undefined) found.set(`${one.account}/${one.root}`, one);
  }
  return [...found.values()];
}

/** Whether an identity is accepted in a thread (SPEC V1). */
export function isVouched(identities: IdentityBook, vouched: readonly Vouched[], { account, root }: Vouched): boolean {
  // In one's own name nobody is accepted but the identity that this device stored itself, whatever it found when it came.
  if (identities.isOwn(account) && identities.pinnedRoot(account) !== root) return false;
  if (vouched.some((one) => one.account === account && identities.sameRoot(account, one.root, root))) return true;
  // The number of a new identity was compared, and its account is accepted here by an earlier one: there is nothing left to ask.
  const compared = identities.isVerified(account) && identities.pinnedRoot(account) === root;
  return compared && vouched.some((one) => one.account === account);
}

/** Whether the leaf of a device stands for an identity that is accepted in the thread. */
export function isLeafVouched(identities: IdentityBook, vouched: readonly Vouched[], leaf: Member): boolean {
  const identity = identityOf(identities, leaf);
  return identity !== undefined && isVouched(identities, vouched, identity);
}

/** With these identities accepted as well. */
export function withVouched(vouched: readonly Vouched[], added: readonly Vouched[]): readonly Vouched[] {
  const fresh = added.filter(
    (one) => !vouched.some(({ account, root }) => account === one.account && root === one.root),
  );
  return fresh.length === 0 ? vouched : [...vouched, ...fresh];
}

/** The leaves that were not in the tree of the last epoch that this device held. */
export function changedLeaves({ leaves: held }: EpochFloor, group: GroupState): Member[] {
  const signatures = leafSignatures(group);
  return members(group).filter(({ leafIndex }) => {
    const signature = signatures.get(leafIndex);
    return signature === undefined || !held.some((one) => equalBytes(one, signature));
  });
}

interface Return {
  /** In the generation in which this device was before: who was seen there and has no leaf any more was removed. */
  readonly stayed: boolean;
  /** Accounts of which this device may have missed that they were removed. */
  readonly missed: readonly AccountId[];
  readonly self: AccountId;
}

/** Who is accepted after this device came back to a thread, and who not any more though they are there (SPEC V2). */
export function afterReturn(
  record: Pick<RoomRecord, 'vouched' | 'members' | 'missed'>,
  leaves: readonly Member[],
  { stayed, missed, self }: Return,
): Pick<RoomRecord, 'vouched' | 'missed'> {
  const present = new Set(leaves.map((leaf) => deviceOf(leaf).account));
  const isGone = (account: AccountId): boolean => stayed && record.members.includes(account) && !present.has(account);
  const others = record.vouched.filter(({ account }) => account !== self && missed.includes(account));
  return {
    vouched: record.vouched.filter((one) => one.account === self || (!isGone(one.account) && !others.includes(one))),
    missed: [...new Set([...(record.missed ?? []), ...others.map(({ account }) => account)])],
  };
}

/** What the person has to decide about an account of a thread, if anything (SPEC V1, V3, K5, K12). */
function doubtOf(
  identities: IdentityBook,
  record: RoomRecord,
  account: AccountId,
  leaves: readonly Member[],
): DoubtView | undefined {
  const shown = identities.shown(account);
  const concern = identities.concern(account);
  const { root = '', head = '' } = shown ?? {};
  if (concern === 'forked' || concern === 'needs_newer') return { account, reason: concern, root, head };
  const present = leaves.filter((leaf) => {
    const identity = deviceOf(leaf);
    return identity.account === account && !identities.isOver(account, identity.device);
  });
  const strange = present.find((leaf) => !isLeafVouched(identities, record.vouched, leaf));
  if (strange === undefined && concern === undefined) return undefined;
  // Of one's own name only this device's identity counts, and a key that no log gives the device is nobody's: there is nothing to accept.
  const impostor =
    strange !== undefined && (identities.isOwn(account) || identityOf(identities, strange) === undefined);
  if (impostor && concern === undefined) return { account, reason: 'impostor', root, head };
  const missed = record.missed?.includes(account) && strange !== undefined && concern === undefined;
  if (missed && identityOf(identities, strange)?.root === root) return { account, reason: 'missed', root, head };
  const known = record.vouched.some((one) => one.account === account) || concern === 'changed';
  const changed =
    strange === undefined || known || identityOf(identities, strange)?.root !== identities.pinnedRoot(account);
  return { account, reason: changed ? 'changed' : 'stranger', root, head };
}

/**
 * The members of a thread that are not accepted in it. It is asked of the group's leaves, each with the identity that its key belongs to:
 * while one is left that the person has not accepted, nothing that gives access may happen.
 */
export function doubtsIn(identities: IdentityBook, record: RoomRecord, group: GroupState | null): DoubtView[] {
  if (record.room.kind === 'public') return [];
  const leaves = group === null ? [] : members(group);
  const present = group === null ? [] : accountsIn(group, record.room.pendingRemovals);
  const accounts = new Set([...record.members, ...present]);
  return [...accounts].flatMap((account) => doubtOf(identities, record, account, leaves) ?? []);
}
