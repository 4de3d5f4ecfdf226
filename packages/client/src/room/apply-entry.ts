import { epoch, epochAuthenticator, MlsError, members, type ProcessedCommit } from '@undertone/mls';
import {
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
import { type EntryRecord, entryKey } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { noteLink } from './history-links.ts';
import { openSealed, openShared } from './open-message.ts';
import type { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { accountsIn, deviceOf, sameDevices } from './roster.ts';
import { messageRow, noticeRow, securityRow } from './rows.ts';

/** What an entry is applied with; `keys` is null in sealed rooms. */
export interface ApplyContext {
  readonly deps: RoomDeps;
  readonly keys: ContentKeys | null;
  readonly outbox: Outbox;
}

function addRow(draft: Draft, row: TimelineRow, sealed?: MessageEntry): void {
  if (row.seq === null) return;
  draft.rows.push(row);
  const value: EntryRecord = sealed === undefined ? { row } : { row, sealed };
  draft.writes.push({ store: 'entries', key: entryKey(draft.record.room.id, row.seq), value });
}

async function applyMessage({ deps, keys, outbox }: ApplyContext, draft: Draft, entry: MessageEntry): Promise<void> {
  const said = entry.device === deps.self.device ? outbox.find(entry.id) : undefined;
  let row: TimelineRow;
  if (said !== undefined) {
    row = messageRow(deps, entry, said.text);
    draft.delivered.push(entry.id);
    draft.writes.push(outbox.deletion(said));
  } else if (keys !== null) {
    row = await openShared(deps, keys, draft.record.room.id, entry);
  } else {
    row = await openSealed(deps, draft, entry);
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

function applyNotice(draft: Draft, entry: NoticeEntry): void {
  addRow(draft, noticeRow(entry));
  const { record } = draft;
  const others = record.members.filter((account) => account !== entry.account);
  const here = entry.event === 'joined' || entry.event === 'started_anew';
  draft.record = {
    ...record,
    members: here ? (record.members.includes(entry.account) ? record.members : [...others, entry.account]) : others,
    room: { ...record.room, pendingRemovals: [...new Set([...record.room.pendingRemovals, ...entry.devices])] },
  };
}

/** Note that the room is in another epoch now, whether or not this device could follow. */
function moveTo(draft: Draft, generation: LogEntry['generation'], at: Epoch, gone: readonly DeviceId[]): void {
  const { record } = draft;
  const room = {
    ...record.room,
    generation,
    epoch: at,
    pendingRemovals: record.room.pendingRemovals.filter((device) => !gone.includes(device)),
  };
  draft.record = { ...record, room };
}

/** Take up the draft's group as that of the room's present epoch: its content key, its members. */
async function adopted({ deps, keys }: ApplyContext, draft: Draft): Promise<void> {
  const { group, record } = draft;
  if (group === null) return;
  const { generation, pendingRemovals } = record.room;
  const at = epoch(group) as Epoch;
  draft.record = {
    ...record,
    group: { generation, epoch: at },
    entered: true,
    members: accountsIn(group, pendingRemovals),
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

async function follow({ deps }: ApplyContext, draft: Draft, entry: CommitEntry): Promise<ReportReason | undefined> {
  const { group } = draft;
  if (group === null) return undefined;
  let result: ProcessedCommit;
  try {
    result = await deps.engine.processCommit(group, entry.body);
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    // Key logs could not be fetched: neither good nor bad; try again when there is a connection.
    if (error.code === 'authentication_unavailable') throw new OfflineError({ cause: error });
    return 'invalid_commit';
  }
  if (result.removedSelf) {
    replaceGroup(draft, null);
    draft.record = { ...draft.record, group: null };
    return undefined;
  }
  const honest =
    deviceOf(result.committer).device === entry.device &&
    sameDevices(result.added, entry.added) &&
    sameDevices(result.removed, entry.removed);
  if (!honest) return 'roster_mismatch';
  if (!equalBytes(epochAuthenticator(result.state), entry.authenticator)) return 'authenticator_mismatch';
  replaceGroup(draft, result.state);
  return undefined;
}

async function applyCommit(context: ApplyContext, draft: Draft, entry: CommitEntry): Promise<void> {
  const { deps } = context;
  const { pending, record } = draft;
  const before = record.group;
  const current = before?.generation === entry.generation && before.epoch === entry.epoch;
  noteEnded(context, draft);
  let refused: ReportReason | undefined;
  let entered = false;
  if (pending !== null && pending.frame.id === entry.id && entry.device === deps.self.device) {
    replaceGroup(draft, deps.engine.restoreState(pending.state));
    draft.pending = null;
    entered = true;
    if (pending.repair) addRow(draft, securityRow(entry, 'rejoined'));
  } else if (current) {
    refused = await follow(context, draft, entry);
    entered = refused === undefined && draft.group !== null;
  } else if (draft.group !== null) {
    replaceGroup(draft, null);
    draft.record = { ...draft.record, group: null };
  }
  // Whatever was pending was for an epoch that is over.
  draft.pending = null;
  moveTo(draft, entry.generation, (entry.epoch + 1) as Epoch, [...entry.removed, ...entry.added]);
  if (refused !== undefined) refuse(draft, entry, refused);
  else if (entered) await adopted(context, draft);
}

async function applyFound(context: ApplyContext, draft: Draft, entry: FoundEntry): Promise<void> {
  const { deps } = context;
  const { pending } = draft;
  if (draft.record.room.generation > 0) noteEnded(context, draft);
  moveTo(draft, entry.generation, 0 as Epoch, draft.record.room.pendingRemovals);
  if (pending !== null && pending.frame.id === entry.id && entry.device === deps.self.device) {
    replaceGroup(draft, deps.engine.restoreState(pending.state));
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
      applyNotice(draft, entry);
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
