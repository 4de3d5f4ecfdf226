import { decode, encode } from '@msgpack/msgpack';
import { type ScanRange, type StoreName, storeNames, type VaultBackend } from './backend.ts';
import { VaultError } from './vault-error.ts';

/** A record to write: any msgpack value (bytes, strings, numbers, arrays, plain objects). `undefined` deletes. */
export interface VaultWrite {
  readonly store: StoreName;
  readonly key: string;
  readonly value?: unknown;
}

/** The handle of the sealing key of a vault without a lock. */
export const sealingKeyName = 'seal';
const nonceBytes = 12;
/** Records that are copied in one write: enough to be fast, few enough for any phone's memory. */
const copiedAtOnce = 250;

/** A fresh key for sealing records. */
export async function newSealingKey(extractable: boolean): Promise<CryptoKey> {
  return await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, extractable, ['encrypt', 'decrypt']);
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw cause instanceof VaultError ? cause : new VaultError('unavailable', { cause });
  }
}

/**
 * Encrypted local storage. Every value is sealed with AES-256-GCM, with a fresh random nonce and the record's place as associated
 * data, so records cannot be swapped. Without a lock the key lies in the backend as a non-extractable handle, which keeps scripts
 * from taking it out and does not keep it from someone who copies the files; with a lock (`VaultKeeper`) it lies there wrapped under
 * a passphrase. Keys of records (room ids, positions, names of the parts of an MLS state) are in the clear.
 *
 * There is one writer per profile, so reads need no lock; what belongs together is written by one call.
 */
export class Vault {
  readonly #backend: VaultBackend;
  readonly #key: CryptoKey;
  #closed = false;

  private constructor(backend: VaultBackend, key: CryptoKey) {
    this.#backend = backend;
    this.#key = key;
  }

  /** Take over `backend`. Without a `sealingKey` of the caller's, the one whose handle lies there, made at the first time. */
  static async open(backend: VaultBackend, sealingKey?: CryptoKey): Promise<Vault> {
    return await guarded(async () => {
      let key = sealingKey ?? (await backend.getKey(sealingKeyName));
      if (key === undefined) {
        key = await newSealingKey(false);
        await backend.putKey(sealingKeyName, key);
      }
      return new Vault(backend, key);
    });
  }

  async #seal(store: StoreName, key: string, value: unknown): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#sealBytes(store, key, encode(value, { ignoreUndefined: true }));
  }

  async #sealBytes(store: StoreName, key: string, plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const additionalData = new TextEncoder().encode(`${store}\n${key}`);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, this.#key, plain);
    const record = new Uint8Array(nonceBytes + sealed.byteLength);
    record.set(iv);
    record.set(new Uint8Array(sealed), nonceBytes);
    return record;
  }

  async #unseal(store: StoreName, key: string, record: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const plain = await this.#unsealBytes(store, key, record);
    try {
      return decode(plain);
    } catch (cause) {
      throw new VaultError('unreadable', { cause });
    }
  }

  async #unsealBytes(store: StoreName, key: string, record: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const iv = record.subarray(0, nonceBytes);
      const additionalData = new TextEncoder().encode(`${store}\n${key}`);
      const sealed = record.subarray(nonceBytes);
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, this.#key, sealed));
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
      // Whatever goes on after the vault was closed may find its records copied elsewhere already: it must fail, not be lost.
      if (this.#closed) throw new VaultError('unavailable');
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

  /** Seal every record of this vault again, in `copy`, under that vault's key. Key handles are copied as they are. */
  async copyTo(copy: Vault): Promise<void> {
    await guarded(async () => {
      for (const store of storeNames) await this.#copyStore(store, copy);
      for (const name of await this.#backend.keyNames()) {
        const key = name === sealingKeyName ? undefined : await this.#backend.getKey(name);
        if (key !== undefined) await copy.#backend.putKey(name, key);
      }
    });
  }

  async #copyStore(store: StoreName, copy: Vault): Promise<void> {
    let range: ScanRange = { limit: copiedAtOnce };
    for (;;) {
      const records = await this.#backend.scan(store, range);
      const last = records.at(-1);
      if (last === undefined) return;
      const writes = records.map(async ({ key, value }) => {
        const plain = await this.#unsealBytes(store, key, value);
        const sealed = await copy.#sealBytes(store, key, plain);
        plain.fill(0);
        return { store, key, value: sealed };
      });
      await copy.#backend.write(await Promise.all(writes), { durable: false });
      range = { from: `${last.key}\0`, limit: copiedAtOnce };
    }
  }

  close(): void {
    this.#closed = true;
    this.#backend.close();
  }

  /** Remove every record and key, for good. */
  async destroy(): Promise<void> {
    this.#closed = true;
    await guarded(() => this.#backend.destroy());
  }
}

/** The range of all keys that begin with `prefix`. */
export function prefixRange(prefix: string): { from: string; to: string } {
  return { from: prefix, to: `${prefix}\uffff` };
}
