import { type CommitEntry, equalBytes, type FoundEntry, type FoundingLast } from '@undertone/protocol';
import type { Draft } from './draft.ts';
import { sha256Of } from './log-hash.ts';
import type { RoomDeps } from './room-deps.ts';

const sameLast = (one: FoundingLast, other: FoundingLast): boolean =>
  one === null || other === null
    ? one === other
    : one.epoch === other.epoch && equalBytes(one.authenticator, other.authenticator);

/** Whether the entry is our pending one, as we sent it and where it belongs (SPEC R9). */
export function isPending({ self }: RoomDeps, { pending }: Draft, entry: CommitEntry | FoundEntry): boolean {
  if (pending === null || pending.frame.id !== entry.id) return false;
  if (entry.account !== self.account || entry.device !== self.device) return false;
  const { frame } = pending;
  if (frame.type === 'found') {
    if (entry.kind !== 'found' || entry.generation !== frame.generation || entry.founding === undefined) return false;
    const { signature, groupInfoHash, last } = entry.founding;
    return (
      equalBytes(entry.authenticator, frame.authenticator) &&
      equalBytes(signature, frame.signature) &&
      equalBytes(groupInfoHash, sha256Of(frame.groupInfo)) &&
      sameLast(last, frame.last)
    );
  }
  const at = frame.type === 'commit' ? frame : { generation: 1, epoch: 0 };
  const same = entry.kind === 'commit' && entry.generation === at.generation && entry.epoch === at.epoch;
  if (!same || !equalBytes(entry.body, frame.commit)) return false;
  const removed = frame.type === 'commit' ? frame.removed : [];
  return entry.added.join() === frame.added.join() && entry.removed.join() === removed.join();
}
