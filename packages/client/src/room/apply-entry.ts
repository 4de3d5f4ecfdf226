import type { LinkEntry, LogEntry, NoticeEntry } from '@undertone/protocol';
import { applyCommit } from './apply-commit.ts';
import { type ApplyContext, addPart, addRow } from './apply-context.ts';
import { applyFound } from './apply-found.ts';
import { applyMessage } from './apply-message.ts';
import type { Draft } from './draft.ts';
import { noteLink } from './history-links.ts';
import type { RoomDeps } from './room-deps.ts';
import { devicesOf } from './roster.ts';
import { noticeRow, securityRow } from './rows.ts';

/**
 * What the server notes of members. It can make an account go, whose leaves are then removed before anything more is said, but
 * cannot make one come into a thread: there, the group itself says who is in it, and rows are made from that alone (SPEC R10).
 */
function applyNotice({ self }: RoomDeps, draft: Draft, entry: NoticeEntry): void {
  if (draft.record.room.kind === 'public') addRow(draft, noticeRow(entry));
  const { record, group } = draft;
  const { account } = entry;
  const here = entry.event === 'joined' || entry.event === 'started_anew';
  const leaving = here || group === null ? [] : devicesOf(group, account);
  const pendingRemovals = [...new Set([...record.room.pendingRemovals, ...entry.devices, ...leaving])];
  // Of its own account a device hears otherwise whether it is a member (SPEC R11).
  const others = record.members.filter((member) => member === self.account || member !== account);
  // Their leaves are removed before anything is said; who comes back without having been added is a stranger (SPEC V2).
  const ended = !here && record.room.kind === 'thread' && account !== self.account;
  const comes = here && record.room.kind === 'public' && others.length === record.members.length;
  draft.record = {
    ...record,
    members: here ? (comes ? [...others, account] : record.members) : others,
    vouched: ended ? record.vouched.filter((one) => one.account !== account) : record.vouched,
    room: { ...record.room, pendingRemovals },
  };
}

async function applyLink({ deps, keys }: ApplyContext, draft: Draft, entry: LinkEntry): Promise<void> {
  if (keys === null) return;
  const noted = await noteLink(deps, keys, draft.record, entry);
  draft.writes.push(...noted.writes);
  draft.learnedKeys ||= noted.writes.length > 0;
  draft.record = { ...draft.record, unlinked: noted.unlinked, falseLinkers: noted.falseLinkers };
}

/** Apply the next entry of the log to a draft. Rejects only where trying again later can help; the draft is then thrown away. */
export async function applyEntry(context: ApplyContext, draft: Draft, entry: LogEntry): Promise<void> {
  if (draft.record.gap) {
    addPart(draft, securityRow(entry, 'gap'));
    draft.record = { ...draft.record, gap: false };
  }
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
      applyNotice(context.deps, draft, entry);
      break;
    default:
      entry satisfies never;
  }
  // The entry that began an epoch is the beginning of its hash already.
  if (draft.chain !== null && draft.chain.record.start !== entry.seq) draft.chain = draft.chain.extended([entry]);
  draft.record = { ...draft.record, cursor: entry.seq, room: { ...draft.record.room, head: entry.seq } };
}
