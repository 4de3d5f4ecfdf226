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

/** How the key of a vault is wrapped under a passphrase. All of it is in the clear, and all of it is bound to the wrapped key. */
export interface LockRecord {
  readonly kdf: KdfParams;
  /** 12 bytes. */
  readonly nonce: Uint8Array<ArrayBuffer>;
  /** The vault's AES-256 key, sealed with AES-256-GCM under the key that the passphrase gives. */
  readonly wrapped: Uint8Array<ArrayBuffer>;
}

/** Argon2id (RFC 9106), with what it was run with, so that later versions may choose otherwise. */
export interface KdfParams {
  readonly algorithm: 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array<ArrayBuffer>;
}

/** What a backend says of itself in the clear. Vaults made before there was a lock have none, and are complete and without a lock. */
export interface VaultHeader {
  readonly version: 1;
  /** False while records are still being copied into it: it counts for nothing yet. */
  readonly complete: boolean;
  readonly lock: LockRecord | null;
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
  keyNames(): Promise<string[]>;
  /** As it was put; whoever reads it checks it. `undefined` where there is none. */
  getHeader(): Promise<unknown>;
  /** Resolves when it, and every write before it, survives a power cut. */
  putHeader(header: VaultHeader): Promise<void>;
  close(): void;
  /** Close and remove everything, for good. */
  destroy(): Promise<void>;
}
