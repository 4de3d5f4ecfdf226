import { type CommitEntry, equalBytes, type FoundEntry } from '@undertone/protocol';
import type { Draft } from './draft.ts';
import type { RoomDeps } from './room-deps.ts';

/** Whether the entry is our pending one, as we sent it and where it belongs (SPEC R9). */
export function isPending({ self }: RoomDeps, { pending }: Draft, entry: CommitEntry | FoundEntry): boolean {
  if (pending === null || pending.frame.id !== entry.id || entry.device !== self.device) return false;
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
