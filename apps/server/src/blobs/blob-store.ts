import type { Readable } from 'node:stream';
import type { DataStore } from '@tus/server';
import type { BlobId } from '@undertone/protocol';

/** Bytes of a blob, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Something that is stored, whether or not a row knows of it. */
export interface StoredBlob {
  readonly id: BlobId;
  /** When something was last written under the id, in milliseconds. */
  readonly changedAt: number;
}

/**
 * Where the bytes of blobs are. Uploads are written through `tus`; what is read, deleted and listed goes through the rest. It knows
 * nothing of accounts and messages: those are the rows of `BlobRepository`.
 */
export interface BlobStore {
  readonly tus: DataStore;
  /** Make sure that the store can be used. Rejects with `StartupError`. */
  open(): Promise<void>;
  /** Fails with `storage_full` where so many bytes more would not fit, as far as that can be known before. */
  requireSpace(bytes: number): Promise<void>;
  /** Resolves when an upload whose every byte was written survives a power cut. */
  persist(id: BlobId): Promise<void>;
  /** The bytes of a complete blob. The caller consumes or destroys the stream. Fails with `unknown_blob`. */
  read(id: BlobId, range: ByteRange): Promise<Readable>;
  /** Delete everything that is stored under the id, finished or not. Nothing being there is no failure. */
  remove(id: BlobId): Promise<void>;
  /** Everything that is stored, finished or not. */
  list(): AsyncIterable<StoredBlob>;
}

/**
 * What of tus is offered (SPEC F2). Lengths are declared when an upload begins: the quota counts them. When uploads expire is in the rows,
 * not in the store.
 */
export const tusExtensions = ['creation', 'expiration', 'termination'];

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in a stored name. What is named otherwise was put there by others and is left alone. */
export const blobIdOf = (name: string): BlobId | undefined => (idPattern.test(name) ? (name as BlobId) : undefined);
