/** The tables of a vault. Keys are strings; what sorts together is read together (`<room>/<seq>`). */
export const storeNames = [
  'meta',
  'rooms',
  'groups',
  'entries',
  'annotations',
  'outbox',
  'drafts',
  'contentKeys',
  'identities',
  'keyPackages',
  'profiles',
  'files',
  'searchBlocks',
] as const;
export type StoreName = (typeof storeNames)[number];

/** A range of keys: `from` inclusive, `to` exclusive, in UTF-16 order. */
export interface ScanRange {
  readonly from?: string;
  readonly to?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface RawWrite {
  readonly store: StoreName;
  readonly key: string;
  /** Absent: delete. */
  readonly value?: Uint8Array<ArrayBuffer>;
}

/**
 * Where sealed records live. One vault owns one backend. `write` is atomic: all of it or nothing; with `durable` it
 * resolves only when the data survives a power cut, as far as the platform can promise that.
 */
export interface VaultBackend {
  get(store: StoreName, key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  scan(store: StoreName, range: ScanRange): Promise<{ key: string; value: Uint8Array<ArrayBuffer> }[]>;
  keys(store: StoreName, range: ScanRange): Promise<string[]>;
  write(writes: readonly RawWrite[], options: { readonly durable: boolean }): Promise<void>;
  /** Key handles, stored as they are: a non-extractable key stays so. */
  getKey(name: string): Promise<CryptoKey | undefined>;
  putKey(name: string, key: CryptoKey): Promise<void>;
  close(): void;
  /** Close and remove everything, for good. */
  destroy(): Promise<void>;
}
