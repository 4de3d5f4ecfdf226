import { z } from 'zod';
import { bytes } from '../bytes.ts';
import { errorCodes } from '../errors.ts';
import { AccountId, DeviceId, EntryId, Epoch, Generation, RoomId, Seq, TimestampMs } from '../ids.ts';
import { limits } from '../limits.ts';
import { Profile } from '../rest/account.ts';
import { LogEntry } from '../room/entry.ts';
import { RoomState } from '../room/room.ts';
import { Ref } from './client.ts';

/** Answer to `hello`: who is speaking, and the rooms with their heads. */
export const HelloOkFrame = z.object({
  type: z.literal('hello_ok'),
  ref: Ref,
  account: AccountId,
  device: DeviceId,
  now: TimestampMs,
  rooms: z.array(RoomState),
});

/** The entry is durable at `seq`. The same answer comes for the same `id` sent again. */
export const AckFrame = z.object({
  type: z.literal('ack'),
  ref: Ref,
  room: RoomId,
  id: EntryId,
  seq: Seq,
  at: TimestampMs,
});

/** Entries in order. `more`: there are further ones in the direction asked for; `emptiedSeq`: as in the room's state, when they were read. */
export const PageFrame = z.object({
  type: z.literal('page'),
  ref: Ref,
  room: RoomId,
  entries: z.array(LogEntry),
  more: z.boolean(),
  emptiedSeq: Seq,
});

export const GroupInfoFrame = z.object({
  type: z.literal('group'),
  ref: Ref,
  room: RoomId,
  generation: Generation,
  epoch: Epoch,
  /** Where the epoch began: the joiner's log starts after this entry. */
  seq: Seq,
  groupInfo: bytes(limits.groupInfoMaxBytes),
});

export const WelcomeBodyFrame = z.object({
  type: z.literal('welcome'),
  ref: Ref,
  room: RoomId,
  generation: Generation,
  epoch: Epoch,
  /** The commit that the Welcome belongs to: the newcomer's log starts after this entry. */
  seq: Seq,
  welcome: bytes(limits.welcomeMaxBytes),
});

export const DoneFrame = z.object({ type: z.literal('done'), ref: Ref });
export const PongFrame = z.object({ type: z.literal('pong'), ref: Ref });

/** A request failed. `ref` is null where the frame could not even be read. `detail` holds facts for the program. */
export const ErrorFrame = z.object({
  type: z.literal('error'),
  ref: Ref.nullable(),
  code: z.enum(errorCodes),
  detail: z.record(z.string(), z.unknown()),
});

/** Pushed: new entries of a room, in order and without gaps among themselves. One frame per room and flush. */
export const EntriesFrame = z.object({ type: z.literal('entries'), room: RoomId, entries: z.array(LogEntry) });

/** Pushed in place of entries: the room's log goes up to `seq`, and the client was too slow to be sent all of it (SPEC L8). */
export const HeadFrame = z.object({ type: z.literal('head'), room: RoomId, seq: Seq });

/** Pushed: this account came into a room, or the room's state changed other than by a log entry. */
export const RoomFrame = z.object({ type: z.literal('room'), room: RoomState });

/** Pushed: this account is no longer in the room. */
export const RoomGoneFrame = z.object({ type: z.literal('room_gone'), room: RoomId });

/** Answer to `watch`: the present states. Each account asked for stands in one list, or is offline. */
export const WatchingFrame = z.object({
  type: z.literal('watching'),
  ref: Ref,
  online: z.array(AccountId),
  away: z.array(AccountId),
  unknown: z.array(AccountId),
});

/** Pushed: whose presence changed, of those watched (SPEC P3), collected over a short time. Each stands in the list of its new state. */
export const PresenceFrame = z.object({
  type: z.literal('presence'),
  online: z.array(AccountId),
  away: z.array(AccountId),
  offline: z.array(AccountId),
  unknown: z.array(AccountId),
});

/** Pushed: a member's signal, as it was sent (SPEC S1). */
export const SignalledFrame = z.object({
  type: z.literal('signalled'),
  room: RoomId,
  generation: Generation,
  epoch: Epoch,
  account: AccountId,
  device: DeviceId,
  id: EntryId,
  body: bytes(limits.signalMaxBytes),
});

/** Pushed: a profile or an identity changed; `root` is the number of the account's key log (SPEC I5). */
export const AccountFrame = z.object({ type: z.literal('account'), profile: Profile, root: z.number().int().min(0) });

/** Pushed before the server goes: come back after `retryAfterMs`. */
export const ByeFrame = z.object({ type: z.literal('bye'), retryAfterMs: z.number().int().min(0) });

/** Everything that a server may send. Unknown fields are ignored, so that a newer server may add some. */
export const ServerFrame = z.discriminatedUnion('type', [
  HelloOkFrame,
  AckFrame,
  PageFrame,
  GroupInfoFrame,
  WelcomeBodyFrame,
  DoneFrame,
  WatchingFrame,
  PongFrame,
  ErrorFrame,
  EntriesFrame,
  HeadFrame,
  RoomFrame,
  RoomGoneFrame,
  PresenceFrame,
  SignalledFrame,
  AccountFrame,
  ByeFrame,
]);
export type ServerFrame = z.infer<typeof ServerFrame>;
export type ServerFrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;
