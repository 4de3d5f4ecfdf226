/** An open file of the store; one at a time is open for writing. Offsets are in bytes. */
export interface StoreHandle {
  /** What is in it now. */
  readonly size: number;
  /** What is there of a stretch; it is read into `room`, if that is given and large enough. */
  read(start: number, end: number, room?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>>;
  write(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Written out as far as the platform can promise, and closed. Rejects with `QuotaExceededError` where not all of it could be kept. */
  close(): Promise<void>;
}

/** Where a platform keeps large data, outside of the vault: ciphertext, but for `plain-` files that are removed at the next start. */
export interface FileStore {
  /** Open a file, making it if it is not there. Rejects with `QuotaExceededError` where there is no room. */
  open(name: string): Promise<StoreHandle>;
  /** A closed file as a blob that is read from the disk as it is needed. */
  blob(name: string): Promise<Blob>;
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
  usage(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number }>;
  /** Ask the platform not to throw files away by itself. */
  persist(): Promise<void>;
}
