import type { BlobId, EntryId, RoomId } from '@undertone/protocol';

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
