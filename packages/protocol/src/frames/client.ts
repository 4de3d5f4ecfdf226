import { z } from 'zod';
import { bytes } from '../bytes.ts';
import { GroupInfoPatch } from '../group-info-patch.ts';
import { AccountId, BlobId, DeviceId, EntryId, Epoch, Generation, RoomId, Seq } from '../ids.ts';
import { limits } from '../limits.ts';
import { EpochAuthenticator, FoundingLast, Signature } from '../room/entry.ts';

/** The version of the frames; a server that does not speak it answers `unsupported_version`. */
export const wireVersion = 2;

/** Chosen by the client per connection; the answer carries it back. */
export const Ref = z.number().int().min(0).max(0xffff_ffff);
export type Ref = z.infer<typeof Ref>;

const at = { room: RoomId, generation: Generation, epoch: Epoch };
const sealed = bytes(limits.envelopeMaxBytes);
const devices = z.array(DeviceId).max(limits.commitMaxDevices);

/** The first frame on a socket. Answered by `hello_ok`; from then on entries of the account's rooms are pushed. */
export const HelloFrame = z.strictObject({
  type: z.literal('hello'),
  ref: Ref,
  version: z.number().int(),
});

/**
 * Append an envelope. Answered by `ack` once it is durable. `erases`: earlier messages of the same account whose bodies the server
 * forgets in the same transaction (SPEC L7). `blobs`: files of the sender's that belong to this message from now on (SPEC F3).
 */
export const SendFrame = z.strictObject({
  type: z.literal('send'),
  ref: Ref,
  ...at,
  id: EntryId,
  kind: z.enum(['message', 'link']),
  body: sealed,
  erases: z.array(Seq).min(1).max(limits.erasesPerSend).optional(),
  blobs: z.array(BlobId).min(1).max(limits.blobsPerSend).optional(),
});

/**
 * End the room's epoch by an MLS commit, all or nothing: the commit, its Welcome, the next epoch's group info and the change of
 * the roster (SPEC R2, R3). `epoch` is the one that it ends. The group info comes as a whole or as a patch (SPEC R12). Answered by
 * `ack`, by `stale_epoch` for the loser of a race, or by `group_info_mismatch`.
 */
export const CommitFrame = z
  .strictObject({
    type: z.literal('commit'),
    ref: Ref,
    ...at,
    id: EntryId,
    external: z.boolean(),
    commit: bytes(limits.commitMaxBytes),
    welcome: bytes(limits.welcomeMaxBytes).optional(),
    groupInfo: bytes(limits.groupInfoMaxBytes).optional(),
    groupInfoPatch: GroupInfoPatch.optional(),
    added: devices,
    removed: devices,
    authenticator: EpochAuthenticator,
  })
  .refine(({ groupInfo, groupInfoPatch }) => (groupInfo === undefined) !== (groupInfoPatch === undefined), {
    message: 'expected either a group info or a patch',
  });

/**
 * Begin a new group for the room: `generation` is the new one, one above the present (SPEC R1, R8). `last` is the epoch that its founder
 * last held, null where it held none; `signature` is the founder's device's (SPEC R13). Answered by `ack`.
 */
export const FoundFrame = z.strictObject({
  type: z.literal('found'),
  ref: Ref,
  room: RoomId,
  generation: Generation,
  id: EntryId,
  groupInfo: bytes(limits.groupInfoMaxBytes),
  authenticator: EpochAuthenticator,
  last: FoundingLast,
  signature: Signature,
});

/**
 * Create a private thread with its group in one step: generation 1, whose epoch 0 the commit ended (SPEC R5). `members` are
 * the others; `added` their devices. Answered by `ack`; the same `room` again by the same device is answered alike.
 */
export const CreateThreadFrame = z.strictObject({
  type: z.literal('create_thread'),
  ref: Ref,
  room: RoomId,
  id: EntryId,
  members: z
    .array(AccountId)
    .min(1)
    .max(limits.threadMaxMembers - 1),
  commit: bytes(limits.commitMaxBytes),
  welcome: bytes(limits.welcomeMaxBytes),
  groupInfo: bytes(limits.groupInfoMaxBytes),
  added: devices.min(1),
  authenticator: EpochAuthenticator,
});

/** A page of a room's log in order: the `limit` entries after `after`, or the last `limit` before `before`. Answered by `page`. */
export const PullFrame = z.strictObject({
  type: z.literal('pull'),
  ref: Ref,
  room: RoomId,
  after: Seq.optional(),
  before: Seq.optional(),
  limit: z.number().int().min(1).max(limits.pageMaxEntries),
});

/** History links of a shared room sealed under epochs up to and including (`generation`, `epoch`), newest first. Answered by `page`. */
export const LinksFrame = z.strictObject({
  type: z.literal('links'),
  ref: Ref,
  ...at,
  limit: z.number().int().min(1).max(limits.pageMaxEntries),
});

/** The stored group info, to enter from outside. Answered by `group`. */
export const GroupFrame = z.strictObject({ type: z.literal('group'), ref: Ref, room: RoomId });

/** The Welcome that waits for this device in the room. Answered by `welcome`. */
export const WelcomeFrame = z.strictObject({ type: z.literal('welcome'), ref: Ref, room: RoomId });

/** The Welcome was used (or is of no use): forget it. Answered by `done`. */
export const WelcomeDoneFrame = z.strictObject({ type: z.literal('welcome_done'), ref: Ref, room: RoomId });

export const ReportReason = z.enum(['invalid_commit', 'roster_mismatch', 'authenticator_mismatch']);
export type ReportReason = z.infer<typeof ReportReason>;

/** A commit did something else than it declared, or cannot be followed (SPEC R4). The server notes it. Answered by `done`. */
export const ReportFrame = z.strictObject({
  type: z.literal('report'),
  ref: Ref,
  room: RoomId,
  seq: Seq,
  reason: ReportReason,
});

/** Passed on to the members who are connected, and never stored (SPEC S1). Answered by `done`. */
export const SignalFrame = z.strictObject({
  type: z.literal('signal'),
  ref: Ref,
  ...at,
  id: EntryId,
  body: bytes(limits.signalMaxBytes),
});

/** Whether someone is at this client (SPEC P1); `active` after hello. Answered by `done`. */
export const ActivityFrame = z.strictObject({
  type: z.literal('activity'),
  ref: Ref,
  state: z.enum(['active', 'away']),
});

/** Whose presence this client shows from now on, in place of those of the frame before (SPEC P3). Answered by `watching`. */
export const WatchFrame = z.strictObject({
  type: z.literal('watch'),
  ref: Ref,
  accounts: z.array(AccountId).max(limits.watchedAccounts),
});

/** Heartbeat. Answered by `pong`. */
export const PingFrame = z.strictObject({ type: z.literal('ping'), ref: Ref });

/** Everything that a client may send. Unknown fields are refused. */
export const ClientFrame = z.discriminatedUnion('type', [
  HelloFrame,
  SendFrame,
  CommitFrame,
  FoundFrame,
  CreateThreadFrame,
  PullFrame,
  LinksFrame,
  GroupFrame,
  WelcomeFrame,
  WelcomeDoneFrame,
  ReportFrame,
  SignalFrame,
  ActivityFrame,
  WatchFrame,
  PingFrame,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
export type ClientFrameOf<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>;
