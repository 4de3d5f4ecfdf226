import { limits, type TimestampMs } from '@undertone/protocol';
import type { RoomRecord } from '../storage/records.ts';

/**
 * Whether this device is to renew its keys in a thread (SPEC R16, RFC 9420 §16.6), so that a thief of its state is locked out again: after so
 * many entries of the log, or so long after the last time where something was said since. Due at once where it is not known when it last did, or
 * where it came in by a last-resort key package.
 */
export function renewalDue(
  { room, group, cursor, renewed, heardSeq, lastMessage }: RoomRecord,
  now: TimestampMs,
): boolean {
  if (room.policy !== 'sealed' || group === null || cursor === null) return false;
  if (renewed === null) return true;
  if (cursor - renewed.seq >= limits.renewAfterEntries) return true;
  const said = Math.max(heardSeq, lastMessage?.seq ?? 0);
  return said > renewed.seq && now - renewed.at >= limits.renewAfterMs;
}
