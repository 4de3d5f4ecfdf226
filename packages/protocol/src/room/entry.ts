import { z } from 'zod';
import { bytes } from '../bytes.ts';
import { AccountId, DeviceId, EntryId, Epoch, Generation, Seq, TimestampMs } from '../ids.ts';
import { limits } from '../limits.ts';

/** SHA-256 sized values: MLS epoch authenticators (RFC 9420 §8.7). */
export const EpochAuthenticator = bytes(32, 32);

/** An Ed25519 signature (RFC 8032). */
export const Signature = bytes(64, 64);
const Sha256 = bytes(32, 32);

/** The epoch that a founder last held, of the generation before, with its authenticator; null where it held none. */
export const FoundingLast = z.object({ epoch: Epoch, authenticator: EpochAuthenticator }).nullable();
export type FoundingLast = z.infer<typeof FoundingLast>;

const base = { seq: Seq, at: TimestampMs, generation: Generation, epoch: Epoch };
const sent = { ...base, id: EntryId, account: AccountId, device: DeviceId };

/**
 * Something a member said; `body` is sealed for the members of `epoch`. Empty: erased on its sender's account's word (SPEC L7), or too
 * old to be kept (SPEC L9). `digest`: SHA-256 of the body that was there, so that the log's hash can still be followed (SPEC E2); entries
 * that were emptied by an older server have none.
 */
export const MessageEntry = z.object({
  kind: z.literal('message'),
  ...sent,
  body: bytes(limits.envelopeMaxBytes, 0),
  digest: Sha256.optional(),
});
export type MessageEntry = z.infer<typeof MessageEntry>;

/** A history link (SPEC H4): an older content key of a shared room, sealed under that of `epoch`. */
export const LinkEntry = z.object({ kind: z.literal('link'), ...sent, body: bytes(limits.envelopeMaxBytes) });
export type LinkEntry = z.infer<typeof LinkEntry>;

/**
 * An MLS commit that ended `epoch` (it leads to `epoch + 1`) with what its sender declared of it (SPEC R3). `external` commits
 * (RFC 9420 §12.4.3.2) are sent by a device that enters.
 */
export const CommitEntry = z.object({
  kind: z.literal('commit'),
  ...sent,
  body: bytes(limits.commitMaxBytes),
  external: z.boolean(),
  added: z.array(DeviceId),
  removed: z.array(DeviceId),
  /** Of the epoch that the commit begins. */
  authenticator: EpochAuthenticator,
});
export type CommitEntry = z.infer<typeof CommitEntry>;

/**
 * A new group for the room began, with its founder alone in it: `generation` is the new one, `epoch` is 0. `founding` is what the founder
 * signed (SPEC R13); foundings of wire version 1 have none.
 */
export const FoundEntry = z.object({
  kind: z.literal('found'),
  ...sent,
  authenticator: EpochAuthenticator,
  founding: z.object({ last: FoundingLast, groupInfoHash: Sha256, signature: Signature }).optional(),
});
export type FoundEntry = z.infer<typeof FoundEntry>;

/**
 * What the server itself notes: an account joined, left, was deleted, set up a new device from scratch, or was removed from a thread by the
 * commit before (`removed`). `devices` are those whose removal is pending.
 */
export const NoticeEntry = z.object({
  kind: z.literal('notice'),
  ...base,
  event: z.enum(['joined', 'left', 'account_removed', 'started_anew', 'removed']),
  account: AccountId,
  devices: z.array(DeviceId),
});
export type NoticeEntry = z.infer<typeof NoticeEntry>;

export const LogEntry = z.discriminatedUnion('kind', [MessageEntry, LinkEntry, CommitEntry, FoundEntry, NoticeEntry]);
export type LogEntry = z.infer<typeof LogEntry>;
