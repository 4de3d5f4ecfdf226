import { type GroupState, MlsError } from '@undertone/mls';
import { epoch, epochAuthenticator, members, type ProcessedCommit } from '@undertone/mls/profile';
import {
  type AccountId,
  type CommitEntry,
  type DeviceId,
  type Epoch,
  equalBytes,
  type FoundEntry,
  type ReportReason,
} from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import { OfflineError } from '../rest/rest-client.ts';
import { type ApplyContext, addRow } from './apply-context.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { accountsIn, deviceOf, sameDevices } from './roster.ts';
import { securityRow } from './rows.ts';
import type { PendingGroup } from './stored-group.ts';

/** Note that the room is in another epoch now, whether or not this device could follow. */
function moveTo(draft: Draft, entry: CommitEntry | FoundEntry, at: Epoch, gone: readonly DeviceId[]): void {
  const { record } = draft;
  const { generation } = entry;
  const room = {
    ...record.room,
    generation,
    epoch: at,
    pendingRemovals: record.room.pendingRemovals.filter((device) => !gone.includes(device)),
  };
  draft.said.clear();
  draft.record = { ...record, room, epochSeq: entry.seq };
}

/** Take up the draft's group as that of the room's present epoch: its content key, its members. `added`: by a member's commit. */
async function adopted({ deps, keys }: ApplyContext, draft: Draft, added: readonly AccountId[] = []): Promise<void> {
  const { group, record } = draft;
  if (group === null) return;
  const { generation, pendingRemovals } = record.room;
  const at = epoch(group) as Epoch;
  // Who is there when one first comes is taken as found; later ones have to be added by a member.
  const first = !record.entered && record.vouched.length === 0;
  const vouched = first ? accountsIn(group, []) : [...new Set([...record.vouched, ...added])];
  draft.record = {
    ...record,
    group: { generation, epoch: at },
    entered: true,
    members: accountsIn(group, pendingRemovals),
    vouched,
  };
  if (keys === null) return;
  const key = await deps.engine.exportSecret(group, contentKeyLabel, new Uint8Array(), contentKeyBytes);
  draft.writes.push(keys.addOwn(generation, at, unshared(key)));
}

/** The ended epoch has to be linked from a later one, by somebody who holds its key (SPEC H5). */
function noteEnded({ keys }: ApplyContext, draft: Draft): void {
  const { generation, epoch: at } = draft.record.room;
  if (keys === null || keys.keys(generation, at).length === 0) return;
  draft.record = { ...draft.record, unlinked: [...draft.record.unlinked, [generation, at]] };
}

function refuse(draft: Draft, entry: CommitEntry, reason: ReportReason): void {
  draft.reports.push({ seq: entry.seq, reason });
  addRow(draft, securityRow(entry, 'keys_refused'));
  replaceGroup(draft, null);
  draft.record = { ...draft.record, group: null };
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

async function follow({ deps }: ApplyContext, draft: Draft, entry: CommitEntry): Promise<ReportReason | undefined> {
  const { group } = draft;
  if (group === null) return undefined;
  let result: ProcessedCommit;
  try {
    result = await deps.engine.processCommit(group, entry.body);
  } catch (error) {
    return refusalOf(error);
  }
  if (result.removedSelf) {
    replaceGroup(draft, null);
    draft.record = { ...draft.record, group: null };
    return undefined;
  }
  const committer = deviceOf(result.committer);
  const honest =
    committer.device === entry.device &&
    committer.account === entry.account &&
    sameDevices(result.added, entry.added) &&
    sameDevices(result.removed, entry.removed);
  if (!honest) return 'roster_mismatch';
  if (!equalBytes(epochAuthenticator(result.state), entry.authenticator)) return 'authenticator_mismatch';
  replaceGroup(draft, result.state);
  return undefined;
}

/** Whether the entry is our pending one, as we sent it and where it belongs. */
function isPending({ deps }: ApplyContext, { pending }: Draft, entry: CommitEntry | FoundEntry): boolean {
  if (pending === null || pending.frame.id !== entry.id || entry.device !== deps.self.device) return false;
  const { frame } = pending;
  if (frame.type === 'found') {
    const same = entry.kind === 'found' && entry.generation === frame.generation;
    return same && equalBytes(entry.authenticator, frame.authenticator);
  }
  const at = frame.type === 'commit' ? frame : { generation: 1, epoch: 0 };
  const same = entry.kind === 'commit' && entry.generation === at.generation && entry.epoch === at.epoch;
  if (!same || !equalBytes(entry.body, frame.commit)) return false;
  const removed = frame.type === 'commit' ? frame.removed : [];
  return entry.added.join() === frame.added.join() && entry.removed.join() === removed.join();
}

/** Whether the entry leads back to an epoch that is over: a log that is told anew (SPEC L1, R2). */
function leadsBack({ record: { room } }: Draft, { generation, epoch: at, kind }: CommitEntry | FoundEntry): boolean {
  if (kind === 'found') return generation <= room.generation;
  return generation < room.generation || (generation === room.generation && at < room.epoch);
}

/** The accounts of the devices that a commit added by key package; those of an external commit only say so themselves. */
function addedBy(group: GroupState | null, entry: CommitEntry): AccountId[] {
  const inside = group === null || members(group).some((member) => deviceOf(member).device === entry.device);
  if (group === null || !inside || entry.added.includes(entry.device)) return [];
  return members(group)
    .map(deviceOf)
    .flatMap(({ account, device }) => (entry.added.includes(device) ? account : []));
}

/** The end of an epoch: followed where this device is in the group, and noted in any case (SPEC R2, R9). */
export async function applyCommit(context: ApplyContext, draft: Draft, entry: CommitEntry): Promise<void> {
  const { pending, record } = draft;
  const before = record.group;
  const own = isPending(context, draft, entry);
  if (!own && leadsBack(draft, entry)) return addRow(draft, securityRow(entry, 'keys_refused'));
  const current = before?.generation === entry.generation && before.epoch === entry.epoch;
  noteEnded(context, draft);
  let refused: ReportReason | undefined;
  let entered = false;
  if (own && pending !== null) {
    refused = await adopt(context, draft, pending);
    entered = refused === undefined;
    if (entered && pending.repair) addRow(draft, securityRow(entry, 'rejoined'));
  } else if (current) {
    refused = await follow(context, draft, entry);
    entered = refused === undefined && draft.group !== null;
  } else if (draft.group !== null) {
    replaceGroup(draft, null);
    draft.record = { ...draft.record, group: null };
  }
  // Whatever was pending was for an epoch that is over.
  draft.pending = null;
  moveTo(draft, entry, (entry.epoch + 1) as Epoch, refused === undefined ? [...entry.removed, ...entry.added] : []);
  if (refused !== undefined) refuse(draft, entry, refused);
  else if (entered) await adopted(context, draft, addedBy(draft.group, entry));
}

/** The begin of another generation (SPEC R8). */
export async function applyFound(context: ApplyContext, draft: Draft, entry: FoundEntry): Promise<void> {
  const { pending } = draft;
  const own = isPending(context, draft, entry);
  if (!own && leadsBack(draft, entry)) return addRow(draft, securityRow(entry, 'keys_refused'));
  if (draft.record.room.generation > 0) noteEnded(context, draft);
  moveTo(draft, entry, 0 as Epoch, draft.record.room.pendingRemovals);
  if (own && pending !== null) {
    replaceGroup(draft, pending.state);
    await adopted(context, draft);
  } else {
    replaceGroup(draft, null);
    draft.record = { ...draft.record, group: null };
  }
  draft.pending = null;
  if (entry.generation > 1) addRow(draft, securityRow(entry, 'repaired'));
}
