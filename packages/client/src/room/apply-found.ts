import { verifyFounding } from '@undertone/identity';
import { members } from '@undertone/mls/profile';
import { type Epoch, equalBytes, type FoundEntry, type FoundingLast, limits } from '@undertone/protocol';
import { type ApplyContext, addPart, addRow } from './apply-context.ts';
import { adopted, leaveGroup, moveTo, noteEnded } from './apply-epoch.ts';
import { noteDifference } from './compare-evidence.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { isPending } from './own-commit.ts';
import { deviceOf } from './roster.ts';
import { securityRow } from './rows.ts';

/**
 * The key that a founding has to be signed with: that of the account's key log. A leaf of the group has the same one, unless a log that gives
 * its device another key was accepted since (SPEC I10). None of a device that left, or is not its account's any more.
 */
async function founderKey({ deps }: ApplyContext, { group, record }: Draft, { account, device }: FoundEntry) {
  const hasLeaf = (group === null ? [] : members(group)).some((member) => {
    const identity = deviceOf(member);
    return identity.account === account && identity.device === device;
  });
  const { room } = record;
  const isThread = room.kind === 'thread';
  // A member who never could enter has no leaf, and founds all the same.
  const known = hasLeaf || !isThread || !record.entered || record.members.includes(account);
  if (!known || room.pendingRemovals.includes(device)) return undefined;
  const key = await deps.identities.fetchDeviceKey(account, device);
  return isThread && deps.identities.isOver(account, device) ? undefined : key;
}

/** Whether a member really founded this generation (SPEC R13): without that a server could make everyone enter again at will. */
async function isFounded(context: ApplyContext, draft: Draft, entry: FoundEntry): Promise<boolean> {
  const { founding, authenticator, generation } = entry;
  const { room } = draft.record;
  const step = generation - room.generation;
  if (founding === undefined || step < 1 || step > limits.foundingMaxStep) return false;
  const key = await founderKey(context, draft, entry);
  if (key === undefined) return false;
  const { last, groupInfoHash, signature } = founding;
  return await verifyFounding(key, { room: room.id, generation, last, groupInfoHash, authenticator }, signature);
}

/**
 * How the founder's last epoch of the former generation fits to this device's. `differs`: they held another one of the same number, or the log as it was
 * read here never led to the founder's.
 */
function compareLast(
  { record }: Draft,
  { generation }: FoundEntry,
  last: FoundingLast,
): 'same' | 'differs' | 'unknown' {
  const { floor, room, group } = record;
  if (last === null || room.generation !== generation - 1) return 'unknown';
  if (last.epoch > room.epoch) return 'differs';
  if (floor === null || floor.generation !== room.generation || floor.epoch !== last.epoch) return 'unknown';
  if (!equalBytes(floor.authenticator, last.authenticator)) return 'differs';
  return group?.epoch === last.epoch ? 'same' : 'unknown';
}

/** The beginning of another generation (SPEC R8, R13). */
export async function applyFound(context: ApplyContext, draft: Draft, entry: FoundEntry): Promise<void> {
  const { pending } = draft;
  const own = isPending(context.deps, draft, entry) && pending !== null;
  if (!own && !(await isFounded(context, draft, entry))) {
    return addRow(draft, securityRow(entry, 'keys_refused', { account: entry.account }));
  }
  const held = draft.record.floor?.generation ?? 0;
  if (own && entry.generation <= held) return addRow(draft, securityRow(entry, 'keys_refused'));
  if (entry.generation > 1) addRow(draft, securityRow(entry, 'repaired'));
  const compared = compareLast(draft, entry, entry.founding?.last ?? null);
  if (!own && compared === 'differs') {
    const { startedAt = entry.at } = draft.chain?.record ?? {};
    const row = noteDifference(draft, entry, startedAt);
    if (row !== undefined) addPart(draft, row);
  }
  if (draft.record.room.generation > 0) noteEnded(context, draft);
  moveTo(draft, entry, 0 as Epoch, draft.record.room.pendingRemovals);
  if (own) {
    replaceGroup(draft, pending.state);
    await adopted(context, draft);
    draft.record = { ...draft.record, renewed: { at: Math.min(entry.at, Date.now()), seq: entry.seq } };
  } else {
    leaveGroup(draft);
  }
  const { founding } = entry;
  draft.record = {
    ...draft.record,
    founding:
      founding === undefined
        ? null
        : { generation: entry.generation, groupInfoHash: founding.groupInfoHash, continued: compared === 'same' },
  };
  draft.pending = null;
}
