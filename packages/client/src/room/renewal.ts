import { limits, type TimestampMs } from '@undertone/protocol';
import type { RoomRecord } from '../storage/records.ts';

/**
 * When this device is to renew its keys in a thread (SPEC R16, RFC 9420 §16.6), so that a thief of its state is locked out again: where something
 * was said since the last time, after so many entries of the log or so long. 0 is at once: also where it is not known when it last did, or where it
 * came in by a last-resort key package. Null where nothing calls for it.
 */
export function renewalAt({ room, group, cursor, renewed, heardSeq, lastMessage }: RoomRecord): TimestampMs | null {
  if (room.policy !== 'sealed' || group === null || cursor === null) return null;
  if (renewed === null) return 0;
  // Nothing was said: the entries are receipts, and renewals of others, which must not call forth one another.
  if (Math.max(heardSeq, lastMessage?.seq ?? 0) <= renewed.seq) return null;
  return cursor - renewed.seq >= limits.renewAfterEntries ? 0 : renewed.at + limits.renewAfterMs;
}
