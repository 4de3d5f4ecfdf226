import { DeviceId } from '@undertone/protocol';
import { z } from 'zod';

/** Devices that may be active at one time (SPEC K1). */
export const maxActiveDevices = 8;
/** Wraps of one recovery secret: its code, and devices that can open it by themselves. */
export const maxWraps = 8;
/** Entries of a whole log (SPEC K3). */
export const maxEntries = 1000;
const maxUsernameBytes = 128;
/** Look-alike keys are longer than names: one Korean syllable becomes up to 21 bytes. */
const maxSkeletonBytes = 1024;

export const fixedBytes = (length: number) =>
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && value.length === length);

export const PublicKey = fixedBytes(32);
export const Hash = fixedBytes(32);
export const Signature = fixedBytes(64);
export const Empty = fixedBytes(0);

/** An identifier of the format: a kind of entry, of wrap, or of approval. Unknown ones are read, so that they may be added later. */
export const Word = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);

const text = (maxBytes: number) =>
  z
    .string()
    .min(1)
    .refine((value) => new TextEncoder().encode(value).length <= maxBytes);
export const Username = text(maxUsernameBytes);
export const Skeleton = text(maxSkeletonBytes);

export const NoPayload = z.tuple([]);

export const DeviceList = z
  .array(DeviceId)
  .max(maxActiveDevices)
  .refine((devices) => new Set(devices).size === devices.length);
