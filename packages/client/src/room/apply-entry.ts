import { type GroupState, MlsError } from '@undertone/mls';
import { epoch, epochAuthenticator, members, type ProcessedCommit } from '@undertone/mls/profile';
import {
  type AccountId,
  type CommitEntry,
  type DeviceId,
  type Epoch,
  equalBytes,
  type FoundEntry,
  type LinkEntry,
  type LogEntry,
  type MessageEntry,
  type NoticeEntry,
  type ReportReason,
} from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import { OfflineError } from '../rest/rest-client.ts';
import { type EntryRecord, entryKey, type OutboxRecord } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { noteLink } from './history-links.ts';
import type { MembersCheck } from './members-check.ts';
import { openSealed, openShared } from './open-message.ts';
import type { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { accountsIn, deviceOf, devicesOf, sameDevices } from './roster.ts';
import { deliveredRow, noticeRow, securityRow, unreadableRow } from './rows.ts';
import type { PendingGroup } from './stored-group.ts';

/** What an entry is applied with; `keys` is null in sealed rooms. */
export interface ApplyContext {
  readonly deps: RoomDeps;
  readonly keys: ContentKeys | null;
  readonly outbox: Outbox;
  readonly membersCheck: MembersCheck;
  /** Whether the present epoch has a message of this device and id already (`saidKey`). */
  wasSaid(key: string): boolean;
}

export const saidKey = ({ device, id }: Pick<MessageEntry, 'device' | 'id'>): string => `${device}/${id}`;

function addRow(draft: Draft, row: TimelineRow, sealed?: MessageEntry): void {
  if (row.seq === null) return;
  draft.rows.push(row);
  const value: EntryRecord = sealed === undefined ? { row } : { row, sealed };
  draft.writes.push({ store: 'entries', key: entryKey(draft.record.room.id, row.seq), value });
}

/** What this device said, if the entry is just as it was sent: what the server made of it is not ours. */
function ownItem({ deps, outbox }: ApplyContext, draft: Draft, entry: MessageEntry): OutboxRecord | undefined {
  if (entry.device !== deps.self.device || draft.delivered.includes(entry.id)) return undefined;
  const item = outbox.find(entry.id);
  const sealed = item?.sealed;
  const same =
    sealed?.generation === entry.generation && sealed.epoch === entry.epoch && equalBytes(sealed.body, entry.body);
  return same ? item : undefined;
}

async function openMessage(context: ApplyContext, draft: Draft, entry: MessageEntry): Promise<TimelineRow> {
  const { deps, keys, outbox } = context;
  const said = ownItem(context, draft, entry);
  if (said !== undefined) {
    draft.delivered.push(entry.id);
    draft.writes.push(outbox.deletion(said));
    return deliveredRow(deps, entry, said.text);
  }
  if (keys === null) return await openSealed(deps, draft, entry);
  // Keys of shared rooms open a message again and again, so the log's own rules tell a moved or repeated one (SPEC L3, L4).
  const { room } = draft.record;
  const key = saidKey(entry);
  const inPlace = entry.generation === room.generation && entry.epoch === room.epoch;
  if (!inPlace || draft.said.has(key) || context.wasSaid(key)) return unreadableRow(entry, 'forged');
  return await openShared(deps, keys, room.id, entry);
}

async function applyMessage(context: ApplyContext, draft: Draft, entry: MessageEntry): Promise<void> {
  const row = await openMessage(context, draft, entry);
  if (row.kind === 'message' || (row.kind === 'unreadable' && row.reason === 'waiting_for_history')) {
    draft.said.add(saidKey(entry));
  }
  const waits = row.kind === 'unreadable' && row.reason === 'waiting_for_history';
  addRow(draft, row, waits ? entry : undefined);
  const { record } = draft;
  const unread = row.kind === 'message' && !row.own && entry.seq > record.readSeq;
  draft.record = {
    ...record,
    waiting: record.waiting + (waits ? 1 : 0),
    unread: record.unread + (unread ? 1 : 0),
    lastActivityAt: entry.at,
    lastMessage:
      row.kind === 'message' ? { account: row.account, text: row.text.slice(0, 200), at: row.at } : record.lastMessage,
  };
}

/**
 * What the server notes of members. It can make an account go, whose leaves are then removed before anything more is said, but
 * cannot make one come into a thread: there, the group itself says who is in it (SPEC R10).
 */
function applyNotice({ deps }: ApplyContext, draft: Draft, entry: NoticeEntry): void {
  addRow(draft, noticeRow(entry));
  const { record, group } = draft;
  const { account } = entry;
  const here = entry.event === 'joined' || entry.event === 'started_anew';
  const leaving = here || group === null ? [] : devicesOf(group, account);
  const pendingRemovals = [...new Set([...record.room.pendingRemovals, ...entry.devices, ...leaving])];
  const others = record.members.filter((member) => member !== account);
  const comes = here && record.room.kind === 'public' && others.length === record.members.length;
  draft.record = {
    ...record,
    members: here ? (comes ? [...others, account] : record.members) : others,
    vouched:
      here || account === deps.self.account ? record.vouched : record.vouched.filter((known) => known !== account),
    room: { ...record.room, pendingRemovals },
  };
}

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

async function applyCommit(context: ApplyContext, draft: Draft, entry: CommitEntry): Promise<void> {
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

async function applyFound(context: ApplyContext, draft: Draft, entry: FoundEntry): Promise<void> {
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

async function applyLink({ deps, keys }: ApplyContext, draft: Draft, entry: LinkEntry): Promise<void> {
  if (keys === null) return;
  const noted = await noteLink(deps, keys, draft.record, entry);
  draft.writes.push(...noted.writes);
  draft.learnedKeys ||= noted.writes.length > 0;
  draft.record = { ...draft.record, unlinked: noted.unlinked };
}

/** Apply the next entry of the log to a draft. Rejects only where trying again later can help; the draft is then thrown away. */
export async function applyEntry(context: ApplyContext, draft: Draft, entry: LogEntry): Promise<void> {
  switch (entry.kind) {
    case 'message':
      await applyMessage(context, draft, entry);
      break;
    case 'link':
      await applyLink(context, draft, entry);
      break;
    case 'commit':
      await applyCommit(context, draft, entry);
      break;
    case 'found':
      await applyFound(context, draft, entry);
      break;
    case 'notice':
      applyNotice(context, draft, entry);
      break;
    default:
      entry satisfies never;
  }
  draft.record = { ...draft.record, cursor: entry.seq, room: { ...draft.record.room, head: entry.seq } };
}

/** How many devices are in the group before this one, among accounts that are online: who is to act first. */
export function turn(deps: RoomDeps, draft: Pick<Draft, 'group'>): number {
  if (draft.group === null) return 0;
  const online = deps.onlineAccounts();
  const waiting = members(draft.group)
    .map(deviceOf)
    .filter(({ account, device }) => device === deps.self.device || online.has(account));
  return waiting.findIndex(({ device }) => device === deps.self.device);
}
