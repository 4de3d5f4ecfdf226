import type { BlobId, EntryId, RoomId } from '@undertone/protocol';
import type { FileUsageView, TransferView } from '../view/files.ts';

/** A file of this device on its way out. */
export interface Upload {
  readonly room: RoomId;
  /** Of its message. */
  readonly id: EntryId;
  /** The key of its row. */
  readonly row: string;
  readonly content: Blob;
}

/** A stored file as one message names it: what another message says of the same blob is that one's own business. */
export interface NamedFile {
  readonly room: RoomId;
  /** The key of the message's row. */
  readonly row: string;
  readonly blob: BlobId;
}

/** A stored file, and what opens it. */
export interface StoredFile extends NamedFile {
  /** 32 bytes (SPEC F1). */
  readonly key: Uint8Array<ArrayBuffer>;
  /** 32 bytes (SPEC F1). */
  readonly digest: Uint8Array<ArrayBuffer>;
  /** True length of the content. */
  readonly bytes: number;
}

/** What the rooms are told. Each is called again after a restart if it did not resolve. */
export interface FileEvents {
  /** The server has the whole file: its message can be sent. */
  uploaded(upload: Pick<Upload, 'room' | 'id'>, stored: Pick<StoredFile, 'blob' | 'key' | 'digest'>): Promise<void>;
  /** The person gave the upload up, or it cannot be gone on with: its message disappears. */
  uploadCancelled(upload: Pick<Upload, 'room' | 'id'>): Promise<void>;
  /** Every byte is here and verified. */
  received(file: NamedFile): Promise<void>;
  /** Transfers that changed, and the ids of those that are over. */
  changed(transfers: readonly TransferView[], ended: readonly string[]): void;
}

/** The files of a signed-in device: uploads, downloads, and the encrypted copies that it keeps. Calls reject with `CoreError`. */
export interface Files {
  /** Resolves once the upload is on record, before its end; an upload that is on record already is not begun again. */
  send(upload: Upload): Promise<void>;
  /** Fetch a file and verify it. Resolves once it is on record; one that is under way or here is not begun again. */
  receive(file: StoredFile): Promise<void>;
  /** Whether all of it is here for this message, verified. */
  isHere(file: NamedFile): boolean;
  /** The decrypted content. */
  open(file: StoredFile, mediaType: string): Promise<Blob>;
  cancel(transfer: string): Promise<void>;
  resume(transfer: string): Promise<void>;
  transfers(): readonly TransferView[];
  usage(): Promise<FileUsageView>;
  /** There is a connection (again): go on. */
  connected(): void;
  /** Nothing of the files of these rows stays here. */
  remove(room: RoomId, rows: readonly string[]): Promise<void>;
  removeRoom(room: RoomId): Promise<void>;
  /** Resolves when nothing is moved any more and no decrypted copy is left, as far as that can be; may be called again. */
  close(): Promise<void>;
}
