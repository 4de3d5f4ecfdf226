import { z } from 'zod';
import { base64urlBytes } from '../bytes.ts';
import { AccountId, DeviceId, TimestampMs } from '../ids.ts';
import { limits } from '../limits.ts';

/**
 * `POST /api/devices`: register this browser as the account's first device, with the first entry of a new key log
 * (SPEC I1-I4), and bind the session to it. If the account has devices already, `startAnew` must be true: the old log is
 * closed, its devices leave every room (SPEC R6), and contacts see the change.
 */
export const RegisterDeviceRequest = z.strictObject({
  device: DeviceId,
  signatureKey: base64urlBytes(32),
  logEntry: base64urlBytes(limits.keyLogEntryMaxBytes),
  startAnew: z.boolean(),
});
export type RegisterDeviceRequest = z.infer<typeof RegisterDeviceRequest>;

/**
 * `PUT /api/sessions/current/device`: bind this session to a device that the browser still holds. `proof` is the device's
 * Ed25519 signature over `deviceProofBytes(session, device)`; a session id is used once, so it serves as the challenge.
 */
export const BindDeviceRequest = z.strictObject({ device: DeviceId, proof: base64urlBytes(64) });
export type BindDeviceRequest = z.infer<typeof BindDeviceRequest>;

/** What a device signs to bind a session to itself. */
export function deviceProofBytes(session: string, device: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`undertone device proof 1\n${session}\n${device}`);
}

/**
 * A key log as the server has it. `root` counts how often the account was started anew (0 at first); every one is given, oldest first
 * (SPEC I8), so an account may appear several times in an answer.
 */
export const KeyLog = z.object({
  account: AccountId,
  root: z.number().int().min(0),
  entries: z.array(base64urlBytes(limits.keyLogEntryMaxBytes)),
});
export type KeyLog = z.infer<typeof KeyLog>;

export const KeyLogList = z.object({ logs: z.array(KeyLog) });
export type KeyLogList = z.infer<typeof KeyLogList>;

/**
 * `PUT /api/key-log`: the session's device replaces the version 1 root entry of its account's present key log by a version 2 one that names
 * the same device and key (SPEC K11). Refused with `invalid_proof` where the log is another one.
 */
export const UpgradeKeyLogRequest = z.strictObject({ logEntry: base64urlBytes(limits.keyLogEntryMaxBytes) });
export type UpgradeKeyLogRequest = z.infer<typeof UpgradeKeyLogRequest>;

/** `expiresAt`: the end of the key package's lifetime (RFC 9420 §10.1); the server hands out none that has ended. */
const KeyPackageUpload = z.strictObject({
  reference: base64urlBytes(32),
  keyPackage: base64urlBytes(limits.keyPackageMaxBytes),
  expiresAt: TimestampMs,
});

/** `POST /api/key-packages`: stock up (RFC 9420 §10). `lastResort` replaces the one before it. */
export const UploadKeyPackagesRequest = z.strictObject({
  keyPackages: z.array(KeyPackageUpload).max(limits.keyPackagesStock),
  lastResort: KeyPackageUpload.optional(),
});
export type UploadKeyPackagesRequest = z.infer<typeof UploadKeyPackagesRequest>;

/** What the server has of this device. `count`: valid for a while yet. `lastResort`: its reference, and whether it was handed out; or none. */
export const KeyPackageCount = z.object({
  count: z.number().int().min(0),
  lastResort: z.object({ reference: base64urlBytes(32), used: z.boolean(), expiresAt: TimestampMs }).nullable(),
});
export type KeyPackageCount = z.infer<typeof KeyPackageCount>;

/** `POST /api/key-packages/claim`: one key package of every device of each account, taken atomically. */
export const ClaimKeyPackagesRequest = z.strictObject({
  accounts: z.array(AccountId).min(1).max(limits.threadMaxMembers),
});
export type ClaimKeyPackagesRequest = z.infer<typeof ClaimKeyPackagesRequest>;

export const ClaimedKeyPackages = z.object({
  keyPackages: z.array(
    z.object({ account: AccountId, device: DeviceId, keyPackage: base64urlBytes(limits.keyPackageMaxBytes) }),
  ),
});
export type ClaimedKeyPackages = z.infer<typeof ClaimedKeyPackages>;
