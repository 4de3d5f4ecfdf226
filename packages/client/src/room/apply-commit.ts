import { type GroupState, MlsError } from '@undertone/mls';
import { epoch, epochAuthenticator, type Member, members, type ProcessedCommit } from '@undertone/mls/profile';
import {
  type AccountId,
  type CommitEntry,
  type DeviceId,
  type Epoch,
  equalBytes,
  type ReportReason,
} from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { type ApplyContext, addPart, addRow } from './apply-context.ts';
import { adopted, leaveGroup, moveTo, noteEnded } from './apply-epoch.ts';
import { compareEvidence } from './compare-evidence.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { compareEpochs } from './origins.ts';
import { isPending } from './own-commit.ts';
import type { RoomDeps } from './room-deps.ts';
import { deviceOf, sameDevices } from './roster.ts';
import { memberRow, securityRow } from './rows.ts';
import type { PendingGroup } from './stored-group.ts';
import { afterReturn, changedLeaves, identitiesOf, isLeafVouched, withVouched } from './vouching.ts';

function refuse(draft: Draft, entry: CommitEntry, reason: ReportReason): void {
  draft.reports.push({ seq: entry.seq, reason });
  addRow(draft, securityRow(entry, 'keys_refused', { account: entry.account }));
  leaveGroup(draft);
}

/** What it means for a commit that the engine refused it. */
function refusalOf(error: unknown): ReportReason {
  if (!(error instanceof MlsError)) throw error;
  // Key logs could not be fetched: neither good nor bad; try again when there is a connection.
  if (error.code === 'authentication_unavailable') throw new OfflineError({ cause: error });
  return 'invalid_commit';
}

/** Take up the state of our own commit; of a group that was entered from outside, only with all its members verified (SPEC R7). */
async function adopt(context: ApplyContext, draft: Draft, { state }: PendingGroup): Promise<ReportReason | undefined> {
  try {
    replaceGroup(draft, await context.membersCheck.verified(state));
    return undefined;
  } catch (error) {
    draft.entryFailed = true;
    return refusalOf(error);
  }
}

async function follow(context: ApplyContext, draft: Draft, entry: CommitEntry): Promise<ReportReason | undefined> {
  const { group } = draft;
  if (group === null) return undefined;
  let result: ProcessedCommit;
  try {
    result = await context.deps.engine.processCommit(group, entry.body);
  } catch (error) {
    return refusalOf(error);
  }
  if (result.removedSelf) {
    leaveGroup(draft);
    return undefined;
  }
  const committer = deviceOf(result.committer);
  const honest =
    committer.device === entry.device &&
    committer.account === entry.account &&
    entry.external === result.external &&
    sameDevices(result.added, entry.added) &&
    sameDevices(result.removed, entry.removed);
  if (!honest) return 'roster_mismatch';
  if (!equalBytes(epochAuthenticator(result.state), entry.authenticator)) return 'authenticator_mismatch';
  compareEvidence(context, draft, entry, result.authenticatedData);
  replaceGroup(draft, result.state);
  return undefined;
}

/** The group before a commit: its leaves, and the devices whose removal was due. */
interface Former {
  readonly leaves: readonly Member[];
  readonly leaving: readonly DeviceId[];
}

const accountOf = (leaf: Member) => deviceOf(leaf).account;

/** Whether this device made a commit. A server can give its id to a device of another account, too. */
const isOwnDevice = ({ self }: RoomDeps, { account, device }: CommitEntry): boolean =>
  account === self.account && device === self.device;

/**
 * What a commit means for who is accepted in a thread (SPEC V1, V2): whom a member adds is accepted if that member was itself, in the tree
 * before the commit; an account whose last leaf goes is not accepted any more. Says so in rows, which are made from the group alone.
 */
function judge({ deps }: ApplyContext, draft: Draft, entry: CommitEntry, { leaves: before, leaving }: Former): void {
  const { group, record } = draft;
  if (group === null || record.room.kind === 'public') return;
  const { identities } = deps;
  const after = members(group);
  const committer = before.find((leaf) => deviceOf(leaf).device === entry.device && accountOf(leaf) === entry.account);
  const own = isOwnDevice(deps, entry);
  const inside = committer !== undefined && !entry.external;
  // Who left, or is not its account's device any more, vouches for nobody, though its leaf still stands.
  const over = record.room.pendingRemovals.includes(entry.device) || identities.isOver(entry.account, entry.device);
  const trusted = inside && (own || (!over && isLeafVouched(identities, record.vouched, committer)));
  const formerly = identitiesOf(identities, before);
  const isNew = ({ account, root }: { account: string; root: string }): boolean =>
    !formerly.some((one) => one.account === account && identities.sameRoot(one.account, one.root, root));
  const added = identitiesOf(identities, after).filter(isNew);
  const present = new Set(after.map(accountOf));
  const gone = [...new Set(before.map(accountOf))].filter((account) => !present.has(account));
  const self = deps.self.account;
  const kept = record.vouched.filter(({ account }) => account === self || !gone.includes(account));
  // One who is known is here: what the server says of this place is true.
  const jumpedFrom = trusted && !own ? null : record.jumpedFrom;
  draft.record = { ...record, jumpedFrom, vouched: trusted ? withVouched(kept, added) : kept };
  for (const { account } of added) {
    addPart(draft, memberRow(entry, inside ? 'added' : 'entered', account, inside ? entry.account : null));
  }
  for (const account of gone) {
    const leaves = before.filter((leaf) => accountOf(leaf) === account);
    const left = leaves.every((leaf) => leaving.includes(deviceOf(leaf).device));
    addPart(draft, memberRow(entry, left ? 'left' : 'removed', account, left ? null : entry.account));
  }
}

/**
 * Back in a group of a thread (SPEC V2): who was seen there and is gone is not accepted any more, as if the Remove had been read. Nor is anyone whose
 * leaf changed in epochs that this device did not follow: who was removed then and let in again looks the same as who renewed their keys.
 */
function judgeReturn({ deps }: ApplyContext, draft: Draft, entry: CommitEntry, group: GroupState): void {
  const { record } = draft;
  const { floor, founding } = record;
  if (record.room.kind === 'public' || floor === null) return;
  const stayed = floor.generation === entry.generation;
  // At the beginning of a generation there is its founder alone; everyone else comes in before this device's eyes.
  const fromStart = entry.epoch === 0 && founding?.generation === entry.generation && founding.continued;
  const followed = stayed ? entry.epoch === floor.epoch : fromStart;
  const missed = followed ? [] : changedLeaves(floor, group).map(accountOf);
  draft.record = { ...record, ...afterReturn(record, members(group), { stayed, missed, self: deps.self.account }) };
}

/**
 * Whether a commit stands where it can (SPEC L1, R15): one that another device made ends the epoch that this device holds, or where it holds none,
 * that to which the log has led; one's own ends no epoch before one that was held. So what a server merely declares, while this device is out, leads
 * neither to another generation nor past an epoch, and cannot lock it out.
 */
function isPlaced({ record }: Draft, entry: CommitEntry, own: boolean): boolean {
  if (own) return record.floor === null || compareEpochs(entry, record.floor) >= 0;
  return compareEpochs(entry, record.group ?? record.room) === 0;
}

/**
 * A commit that this device cannot follow, since it holds no group: whom it is declared to remove is not accepted when it is back. The
 * server's word is enough to ask the person again.
 */
function passOver({ deps }: ApplyContext, draft: Draft, entry: CommitEntry): void {
  const { record } = draft;
  const removed = entry.removed.filter((device) => !entry.added.includes(device));
  const isRemoved = (account: AccountId): boolean =>
    account !== deps.self.account && removed.some((device) => deps.identities.logOf(account, device) !== undefined);
  if (record.room.kind === 'public' || removed.length === 0) return;
  draft.record = {
    ...record,
    members: record.members.filter((account) => !isRemoved(account)),
    vouched: record.vouched.filter(({ account }) => !isRemoved(account)),
  };
}

/** The end of an epoch: followed where this device is in the group, and noted in any case (SPEC R2, R9). */
export async function applyCommit(context: ApplyContext, draft: Draft, entry: CommitEntry): Promise<void> {
  const { pending } = draft;
  const own = isPending(context.deps, draft, entry) && pending !== null;
  if (!isPlaced(draft, entry, own)) return addRow(draft, securityRow(entry, 'keys_refused'));
  if (!own && isOwnDevice(context.deps, entry) && draft.group !== null) {
    return restored(context, draft, entry);
  }
  const { pendingRemovals: leaving } = draft.record.room;
  const before: Former = { leaves: draft.group === null ? [] : members(draft.group), leaving };
  const held = draft.record.group !== null;
  noteEnded(context, draft);
  let refused: ReportReason | undefined;
  if (own) {
    refused = await adopt(context, draft, pending);
    if (refused === undefined && pending.repair) addRow(draft, securityRow(entry, 'rejoined'));
    for (const account of refused === undefined ? (pending.lastResort ?? []) : []) {
      addPart(draft, securityRow(entry, 'last_resort', { account }));
    }
  } else if (held) {
    refused = await follow(context, draft, entry);
  } else {
    passOver(context, draft, entry);
  }
  // Whatever was pending was for an epoch that is over.
  draft.pending = null;
  moveTo(draft, entry, (entry.epoch + 1) as Epoch, refused === undefined ? [...entry.removed, ...entry.added] : []);
  if (refused !== undefined) refuse(draft, entry, refused);
  else if (draft.group !== null && epoch(draft.group) === entry.epoch + 1) {
    if (before.leaves.length > 0) judge(context, draft, entry, before);
    else judgeReturn(context, draft, entry, draft.group);
    await adopted(context, draft);
    if (own) draft.record = { ...draft.record, renewed: { at: Math.min(entry.at, Date.now()), seq: entry.seq } };
  }
}

/**
 * A commit of this device's that it knows nothing of: its storage was set back to an older state. It enters again with new keys, so that none
 * is used twice (SPEC R17).
 */
function restored(context: ApplyContext, draft: Draft, entry: CommitEntry): void {
  noteEnded(context, draft);
  draft.pending = null;
  addRow(draft, securityRow(entry, 'restored'));
  leaveGroup(draft);
  moveTo(draft, entry, (entry.epoch + 1) as Epoch, []);
}
