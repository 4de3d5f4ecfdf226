import { decode, encode } from '@msgpack/msgpack';
import type { ScanRange, StoreName, VaultBackend } from './backend.ts';

/** A record to write: any msgpack value (bytes, strings, numbers, arrays, plain objects). `undefined` deletes. */
export interface VaultWrite {
  readonly store: StoreName;
  readonly key: string;
  readonly value?: unknown;
}

/** The vault could not be read or written; the browser's storage is full, gone, or was tampered with. */
export class VaultError extends Error {
  readonly code: 'unreadable' | 'unavailable';

  constructor(code: 'unreadable' | 'unavailable', options?: ErrorOptions) {
    super(
      code === 'unreadable'
        ? 'What this browser stored cannot be read any more.'
        : "This browser's storage refused to work. It may be full or switched off.",
      options,
    );
    this.name = 'VaultError';
    this.code = code;
  }
}

const sealingKeyName = 'seal';
const nonceBytes = 12;

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw cause instanceof VaultError ? cause : new VaultError('unavailable', { cause });
  }
}

/**
 * Encrypted local storage. Every value is sealed with AES-256-GCM under a non-extractable key that lives in the backend as a
 * handle, with a fresh random nonce and the record's place as associated data, so records cannot be swapped. Keys of
 * records (room ids, positions, names of the parts of an MLS state) are in the clear.
 *
 * There is one writer per profile, so reads need no lock; what belongs together is written by one call.
 */
export class Vault {
  readonly #backend: VaultBackend;
  readonly #key: CryptoKey;

  private constructor(backend: VaultBackend, key: CryptoKey) {
    this.#backend = backend;
    this.#key = key;
  }

  /** Take over `backend`, making the sealing key at the first time. */
  static async open(backend: VaultBackend): Promise<Vault> {
    return await guarded(async () => {
      let key = await backend.getKey(sealingKeyName);
      if (key === undefined) {
        key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
        await backend.putKey(sealingKeyName, key);
      }
      return new Vault(backend, key);
    });
  }

  async #seal(store: StoreName, key: string, value: unknown): Promise<Uint8Array<ArrayBuffer>> {
    const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const additionalData = new TextEncoder().encode(`${store}\n${key}`);
    const plain = encode(value, { ignoreUndefined: true });
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, this.#key, plain);
    const record = new Uint8Array(nonceBytes + sealed.byteLength);
    record.set(iv);
    record.set(new Uint8Array(sealed), nonceBytes);
    return record;
  }

  async #unseal(store: StoreName, key: string, record: Uint8Array<ArrayBuffer>): Promise<unknown> {
    try {
      const iv = record.subarray(0, nonceBytes);
      const additionalData = new TextEncoder().encode(`${store}\n${key}`);
      const sealed = record.subarray(nonceBytes);
      return decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, this.#key, sealed));
    } catch (cause) {
      throw new VaultError('unreadable', { cause });
    }
  }

  /** The record at `key`, or `undefined`. The caller names the type that it wrote. */
  async get<T>(store: StoreName, key: string): Promise<T | undefined> {
    return await guarded(async () => {
      const record = await this.#backend.get(store, key);
      return record === undefined ? undefined : ((await this.#unseal(store, key, record)) as T);
    });
  }

  /** The records of a range, in order of their keys (or the reverse). */
  async scan<T>(store: StoreName, range: ScanRange = {}): Promise<{ key: string; value: T }[]> {
    return await guarded(async () => {
      const records = await this.#backend.scan(store, range);
      return await Promise.all(
        records.map(async ({ key, value }) => ({ key, value: (await this.#unseal(store, key, value)) as T })),
      );
    });
  }

  /** The keys of a range, without reading the records. */
  async keys(store: StoreName, range: ScanRange = {}): Promise<string[]> {
    return await guarded(() => this.#backend.keys(store, range));
  }

  /** Write all of it or nothing. `durable`: wait until it survives a power cut; for what must never be repeated or lost. */
  async write(writes: readonly VaultWrite[], { durable = false } = {}): Promise<void> {
    await guarded(async () => {
      const sealed = await Promise.all(
        writes.map(async ({ store, key, value }) =>
          value === undefined ? { store, key } : { store, key, value: await this.#seal(store, key, value) },
        ),
      );
      await this.#backend.write(sealed, { durable });
    });
  }

  /** A key handle kept beside the records, such as the device's signing key. */
  async getKey(name: string): Promise<CryptoKey | undefined> {
    return await guarded(() => this.#backend.getKey(`key/${name}`));
  }

  async putKey(name: string, key: CryptoKey): Promise<void> {
    await guarded(() => this.#backend.putKey(`key/${name}`, key));
  }

  close(): void {
    this.#backend.close();
  }

  /** Remove every record and key, for good. */
  async destroy(): Promise<void> {
    await guarded(() => this.#backend.destroy());
  }
}

/** The range of all keys that begin with `prefix`. */
export function prefixRange(prefix: string): { from: string; to: string } {
  return { from: prefix, to: `${prefix}\uffff` };
}
