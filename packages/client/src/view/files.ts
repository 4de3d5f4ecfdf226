import type { AccountId, EntryId, RoomId } from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';

/** A file on its way out. `id` is chosen by the caller, as in `TextToSend`. */
export interface FileToSend {
  readonly id: EntryId;
  /** What is sent, as it is: pictures come here with camera and location data removed already. */
  readonly content: Blob;
  readonly name: string;
  readonly mediaType: string;
  readonly width?: number;
  readonly height?: number;
  readonly durationMs?: number;
  /** A small JPEG, PNG or WebP of at most `limits.thumbnailMaxBytes`. */
  readonly thumbnail?: Uint8Array<ArrayBuffer>;
  readonly caption?: string;
  readonly reply?: MessageTarget;
  readonly mentions?: readonly AccountId[];
}

/** The name of the transfer of a message's file: rows have keys that are unique in their room alone. */
export const transferId = (room: RoomId, row: string): string => `${room}/${row}`;

/** A file that is moving, or has stopped before its end. */
export interface TransferView {
  /** `transferId` of its message's row. */
  readonly id: string;
  readonly room: RoomId;
  readonly direction: 'up' | 'down';
  /**
   * `preparing`: is being encrypted; `running`; `waiting`: for a connection or for others before it; `failed`: `failure` says why, and
   * `resumeTransfer` tries again.
   */
  readonly state: 'preparing' | 'running' | 'waiting' | 'failed';
  /** Bytes of content. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last few seconds; null while it is not known. */
  readonly bytesPerSecond: number | null;
  readonly failure: string | null;
}

/** What files take, in bytes. */
export interface FileUsageView {
  /** On the server, by this account; null while it cannot be asked. */
  readonly server: { readonly usedBytes: number; readonly quotaBytes: number; readonly blobMaxBytes: number } | null;
  /** On this browser. */
  readonly here: { readonly usedBytes: number; readonly quotaBytes: number };
}
