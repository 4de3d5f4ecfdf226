import type { BlobId, EntryId, RoomId } from '@undertone/protocol';
import { randomBytes } from '../bytes.ts';
import { saltBytes } from './content-encoding.ts';
import type { StoredFile, Upload } from './file-port.ts';

/** files/<name>: an encrypted file in the store, under the same name. */
export interface FileRecord {
  readonly name: string;
  readonly room: RoomId;
  /** The key of its message's row. */
  readonly row: string;
  readonly direction: 'up' | 'down';
  /** Of its message; uploads only. */
  readonly id: EntryId | null;
  /** Null until the upload has begun. */
  readonly blob: BlobId | null;
  readonly key: Uint8Array<ArrayBuffer>;
  /** Of uploads: chosen with the key. */
  readonly salt: Uint8Array<ArrayBuffer> | null;
  /** Of what is stored (SPEC F1): what was promised, of downloads; null until all is encrypted, of uploads. */
  readonly digest: Uint8Array<ArrayBuffer> | null;
  readonly contentBytes: number;
  /** `staging`: being encrypted from the person's file; `moving`; `here`: all of it, verified, and its message knows. */
  readonly state: 'staging' | 'moving' | 'here';
}

/** The record of a file that is to be sent, with a key of its own. */
export const recordOfUpload = ({ room, id, row, content }: Upload): FileRecord => ({
  name: crypto.randomUUID(),
  room,
  row,
  direction: 'up',
  id,
  blob: null,
  key: randomBytes(32),
  salt: randomBytes(saltBytes),
  digest: null,
  contentBytes: content.size,
  state: 'staging',
});

/** The record of a file that is to be fetched. */
export const recordOfDownload = ({ room, row, blob, key, digest, bytes }: StoredFile): FileRecord => ({
  name: crypto.randomUUID(),
  room,
  row,
  direction: 'down',
  id: null,
  blob,
  key,
  salt: null,
  digest,
  contentBytes: bytes,
  state: 'moving',
});
