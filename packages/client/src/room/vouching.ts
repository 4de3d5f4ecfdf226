import type { GroupState } from '@undertone/mls';
import { type Member, members } from '@undertone/mls/profile';
import type { AccountId } from '@undertone/protocol';
import type { IdentityBook } from '../identity/identity-book.ts';
import type { RoomRecord, Vouched } from '../storage/records.ts';
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

/** Without the accounts that were seen in the group and have no leaf there any more (SPEC V2). */
export function withoutGone(
  vouched: readonly Vouched[],
  seen: readonly AccountId[],
  leaves: readonly Member[],
  self: AccountId,
): readonly Vouched[] {
  const present = new Set(leaves.map((leaf) => deviceOf(leaf).account));
  return vouched.filter(({ account }) => account === self || present.has(account) || !seen.includes(account));
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
