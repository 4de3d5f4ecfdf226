import { z } from 'zod';
import { AccountId, DeviceId, Epoch, Generation, RoomId, Seq, TimestampMs } from '../ids.ts';

/** `shared`: whoever may join may read what was said. `sealed`: a newcomer sees nothing from before. */
export const HistoryPolicy = z.enum(['shared', 'sealed']);
export type HistoryPolicy = z.infer<typeof HistoryPolicy>;

export const RoomKind = z.enum(['public', 'thread']);
export type RoomKind = z.infer<typeof RoomKind>;

/** A room as one of its members sees it: enough to sync it and to enter its group. */
export const RoomState = z.object({
  id: RoomId,
  kind: RoomKind,
  /** Null for threads: the server knows no name of theirs. */
  slug: z.string().nullable(),
  name: z.string().nullable(),
  topic: z.string(),
  policy: HistoryPolicy,
  generation: Generation,
  epoch: Epoch,
  /** The newest entry of the log. */
  head: Seq,
  /** Messages up to here are not kept: they have empty bodies (SPEC L9). */
  emptiedSeq: Seq,
  /** Where this account's present membership began. Threads show nothing before it. */
  joinedSeq: Seq,
  /** Devices in the group's tree by the server's book-keeping, whether or not their removal is pending. */
  inGroup: z.boolean(),
  /** Devices whose leaves must be removed before the next message (SPEC R6). */
  pendingRemovals: z.array(DeviceId),
  /** A Welcome waits for this device (`welcome` request). */
  welcome: z.boolean(),
  createdAt: TimestampMs,
});
export type RoomState = z.infer<typeof RoomState>;

/** A public room in the directory. */
export const RoomListing = z.object({
  id: RoomId,
  slug: z.string(),
  name: z.string(),
  topic: z.string(),
  policy: HistoryPolicy,
  memberCount: z.number().int().min(0),
  joined: z.boolean(),
});
export type RoomListing = z.infer<typeof RoomListing>;

export const RoomMember = z.object({ account: AccountId, joinedAt: TimestampMs, devices: z.array(DeviceId) });
export type RoomMember = z.infer<typeof RoomMember>;
