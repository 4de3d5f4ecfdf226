import { z } from 'zod';
import { visibleName } from '../account/visible-name.ts';
import { base64urlBytes } from '../bytes.ts';
import { AccountId, DeviceId, SessionId, TimestampMs } from '../ids.ts';
import { limits } from '../limits.ts';

/** What anybody signed in may know of an account. `avatar` is a content hash for `/api/avatars/:hash`, or null. */
export const Profile = z.object({
  id: AccountId,
  username: z.string(),
  displayName: z.string().nullable(),
  avatar: z.string().nullable(),
});
export type Profile = z.infer<typeof Profile>;

/** Who may see when this account is online, and when it was (SPEC P2). */
export const PresenceVisibility = z.enum(['everyone', 'nobody']);
export type PresenceVisibility = z.infer<typeof PresenceVisibility>;

export const ServerConfig = z.object({
  registration: z.enum(['open', 'invite', 'closed']),
  version: z.string(),
  /** Messages that are older are not kept (SPEC L9); 0: all are. */
  retentionDays: z.number().int().min(0),
});
export type ServerConfig = z.infer<typeof ServerConfig>;

export const UsernameAvailability = z.object({
  available: z.boolean(),
  reason: z.enum(['taken', 'invalid']).optional(),
});
export type UsernameAvailability = z.infer<typeof UsernameAvailability>;

const Avatar = base64urlBytes(limits.avatarMaxBytes);
const DisplayName = visibleName(limits.displayNameMaxChars);

/** `POST /api/accounts`. Username and password rules are checked by the route, so that each gets its own code. */
export const SignUpRequest = z.strictObject({
  username: z.string().max(256),
  password: z.string().max(1024),
  displayName: DisplayName.optional(),
  avatar: Avatar.optional(),
  invite: z.string().max(64).optional(),
});
export type SignUpRequest = z.infer<typeof SignUpRequest>;

/** `POST /api/sessions`. */
export const SignInRequest = z.strictObject({ username: z.string().max(256), password: z.string().max(1024) });
export type SignInRequest = z.infer<typeof SignInRequest>;

/** Answer to sign-up, sign-in and `GET /api/account`: who one is, and which device (if any) this session speaks for. */
export const Me = z.object({
  account: Profile,
  session: SessionId,
  device: DeviceId.nullable(),
  /** The devices in this account's current key log, so that a browser knows whether it is one of them. */
  devices: z.array(DeviceId),
  presence: PresenceVisibility,
  /** The server's clock. A client whose own runs ahead of it signs with this time (SPEC K2). */
  now: TimestampMs,
});
export type Me = z.infer<typeof Me>;

export const UpdateProfileRequest = z.strictObject({
  displayName: DisplayName.nullable().optional(),
  avatar: Avatar.nullable().optional(),
  presence: PresenceVisibility.optional(),
});
export type UpdateProfileRequest = z.infer<typeof UpdateProfileRequest>;

export const ChangePasswordRequest = z.strictObject({ current: z.string().max(1024), next: z.string().max(1024) });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

export const DeleteAccountRequest = z.strictObject({ password: z.string().max(1024) });
export type DeleteAccountRequest = z.infer<typeof DeleteAccountRequest>;

export const SessionInfo = z.object({
  id: SessionId,
  /** Browser and system in words, from the User-Agent. */
  label: z.string(),
  createdAt: TimestampMs,
  lastSeenAt: TimestampMs,
  current: z.boolean(),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

export const SessionList = z.object({ sessions: z.array(SessionInfo) });
export type SessionList = z.infer<typeof SessionList>;

export const Invite = z.object({ code: z.string(), expiresAt: TimestampMs });
export type Invite = z.infer<typeof Invite>;

export const AccountBatch = z.strictObject({ accounts: z.array(AccountId).min(1).max(limits.batchAccounts) });
export type AccountBatch = z.infer<typeof AccountBatch>;

export const ProfileList = z.object({ profiles: z.array(Profile) });
export type ProfileList = z.infer<typeof ProfileList>;
