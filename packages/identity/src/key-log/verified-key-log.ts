import type { AccountId, DeviceId, TimestampMs } from '@undertone/protocol';

/** A device that the log names, for as long as the log exists: also after it was removed (SPEC K7). */
export interface KeyLogDevice {
  readonly device: DeviceId;
  /** Ed25519, 32 bytes. No other device ever has it, and this device never has another. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** Index of the entry that added it. */
  readonly addedAt: number;
  /** Index of the entry that removed it. */
  readonly removedAt: number | null;
  /** When it was added, by the clock of who added it. `null` in version 1. */
  readonly time: TimestampMs | null;
  /** How it was approved, by the word of who added it. `null` for the device of the root. */
  readonly how: string | null;
  /** Who added it. `null` for the device of the root. */
  readonly by: DeviceId | 'recovery' | null;
}

/** One way to open the recovery secret. What it is sealed for is in `kind`; exactly one has the kind `code`. */
export interface KeyLogWrap {
  readonly id: string;
  readonly kind: string;
  /** SHA-256 of the wrap, which is kept by the server. */
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** The present recovery key. */
export interface KeyLogRecovery {
  /** Ed25519, 32 bytes: signs entries with the signer `recovery`. */
  readonly signKey: Uint8Array<ArrayBuffer>;
  /** X25519, 32 bytes: archive keys are sealed to it. */
  readonly hpkeKey: Uint8Array<ArrayBuffer>;
  readonly wraps: readonly KeyLogWrap[];
  /** Index of the entry that set it. */
  readonly setAt: number;
  /** The declaration that it is lost, while nothing speaks against it (SPEC K2). */
  readonly lost: { readonly index: number; readonly time: TimestampMs } | null;
}

/** The oldest archive generation that may be restored. */
export interface KeyLogArchive {
  readonly generation: number;
  readonly manifestHash: Uint8Array<ArrayBuffer>;
  /** Index of the entry that set it. */
  readonly setAt: number;
}

/** What a key log, once verified, says. All bytes are copies. */
export interface VerifiedKeyLog {
  readonly version: 1 | 2;
  readonly account: AccountId;
  /** 32 bytes: what is pinned, and what the safety number is made of (SPEC I5, I6). */
  readonly root: Uint8Array<ArrayBuffer>;
  /** The username that the root was made for, and its look-alike key. `null` in version 1. */
  readonly username: string | null;
  readonly skeleton: string | null;
  /** The signed bytes, up to the head. */
  readonly entries: readonly Uint8Array<ArrayBuffer>[];
  /** The hash of each entry's body; the first is `root`. (In version 1 the hash of the entry.) */
  readonly hashes: readonly Uint8Array<ArrayBuffer>[];
  /** The last entry whose signature was checked: an entry of an unknown kind included, nothing after it (SPEC K12). */
  readonly head: { readonly index: number; readonly hash: Uint8Array<ArrayBuffer> };
  /** Every device ever named, in the order of their addition. */
  readonly devices: ReadonlyMap<DeviceId, KeyLogDevice>;
  readonly recovery: KeyLogRecovery | null;
  readonly archive: KeyLogArchive | null;
  /** The head is an entry of a kind that this version does not know. The rest of the log says what it said before (SPEC K12). */
  readonly needsNewer: boolean;
}

/** The devices that speak for the account now, in the order of their addition. */
export function activeDevices({ devices }: Pick<VerifiedKeyLog, 'devices'>): readonly KeyLogDevice[] {
  return [...devices.values()].filter(({ removedAt }) => removedAt === null);
}
