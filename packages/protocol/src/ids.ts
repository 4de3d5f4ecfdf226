import { z } from 'zod';

/** Two spellings of one id would be two ids to a program and one to the database: only the lower-case one is taken. */
const uuid = () => z.uuid().lowercase();

/**
 * Identifiers. All are UUIDs in their lower-case text form; the brand keeps one kind from being passed for another.
 * Client-made ids (`DeviceId`, `EntryId`, the `RoomId` of a thread) are random (version 4), so making one needs no server.
 */
export const AccountId = uuid().brand<'AccountId'>();
export type AccountId = z.infer<typeof AccountId>;

export const DeviceId = uuid().brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

export const SessionId = uuid().brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;

export const RoomId = uuid().brand<'RoomId'>();
export type RoomId = z.infer<typeof RoomId>;

/** Chosen by the sender of a log entry; sending the same id again is harmless (SPEC L4). */
export const EntryId = uuid().brand<'EntryId'>();
export type EntryId = z.infer<typeof EntryId>;

/** A stored file (SPEC F1), named by the server when its upload begins. */
export const BlobId = uuid().brand<'BlobId'>();
export type BlobId = z.infer<typeof BlobId>;

/** Position in a room's log: 1, 2, 3 … without gaps. 0 means 'before the first'. */
export const Seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).brand<'Seq'>();
export type Seq = z.infer<typeof Seq>;

/** MLS epoch (RFC 9420 §8), kept below 2^53 so that it is a plain number. */
export const Epoch = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

/** Which MLS group serves the room: 0 before there is one, then 1; more after a repair. */
export const Generation = z.number().int().min(0).max(0xffff_ffff).brand<'Generation'>();
export type Generation = z.infer<typeof Generation>;

/** Milliseconds since 1970-01-01 UTC, by the server's clock. */
export const TimestampMs = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export type TimestampMs = z.infer<typeof TimestampMs>;
