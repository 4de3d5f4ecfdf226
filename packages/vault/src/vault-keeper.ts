import type { VaultBackend, VaultHeader } from './backend.ts';
import { type DeriveKey, isLockRecord, newLockedKey, unlockedKey } from './lock.ts';
import { newSealingKey, sealingKeyName, Vault } from './vault.ts';
import { VaultError } from './vault-error.ts';

/** Where the generations of one vault lie: each a backend of its own, numbered upwards from 0. */
export interface VaultPlace {
  /** The generations that are there, in any order. */
  generations(): Promise<number[]>;
  /** Open one, making it if it is not there. */
  open(generation: number): Promise<VaultBackend>;
  /** Remove one for good, open or not, so that as little of it as possible is left in the files underneath. */
  remove(generation: number): Promise<void>;
}

/** The key of a vault that was unlocked, for as long as this process lives. `generation` says which vault it opens. */
export interface UnlockedKey {
  readonly generation: number;
  readonly key: CryptoKey;
}

interface Present {
  readonly generation: number;
  readonly backend: VaultBackend;
  readonly lock: VaultHeader['lock'];
}

/**
 * One vault, with or without a lock.
 *
 * A lock is put on, changed and taken off by making a new generation: a fresh key, every record sealed again under it, and only when
 * all of it is on the disk does the header say that it is complete. Of complete generations the highest counts; `open` removes every
 * other. So a crash at any moment leaves either the old vault whole or the new one, and the old key ends with the records that it
 * could open. A generation is removed whole because in Chromium a deleted record stays in the files until they are compacted.
 */
export class VaultKeeper {
  readonly #place: VaultPlace;
  readonly #derive: DeriveKey;
  readonly #keyChanged: (key: UnlockedKey | null) => void;
  #unlocked: UnlockedKey | null = null;

  /** `keyChanged` is called when a key comes into memory or goes out of it. */
  constructor(place: VaultPlace, derive: DeriveKey, keyChanged: (key: UnlockedKey | null) => void = () => {}) {
    this.#place = place;
    this.#derive = derive;
    this.#keyChanged = keyChanged;
  }

  /** Whether there is a vault, locked or not. */
  async exists(): Promise<boolean> {
    return (await this.#place.generations()).length > 0;
  }

  /** Whether a passphrase is set. */
  async isLockOn(): Promise<boolean> {
    if (!(await this.exists())) return false;
    const { backend, lock } = await this.#present();
    backend.close();
    return lock !== null;
  }

  /** Open the vault, making it if there is none. Rejects with `locked` if it has to be unlocked first. */
  async open(): Promise<Vault> {
    const { backend, generation, lock } = await this.#present();
    if (lock === null) return await Vault.open(backend);
    if (this.#unlocked?.generation === generation) return await Vault.open(backend, this.#unlocked.key);
    backend.close();
    throw new VaultError('locked');
  }

  /** Keep the key in memory until `forget`. Rejects with `wrong_passphrase`, and nothing has changed. Without a lock there is nothing to do. */
  async unlock(passphrase: string): Promise<void> {
    const { backend, generation, lock } = await this.#present();
    backend.close();
    if (lock === null) return;
    this.#keep({ generation, key: await unlockedKey(lock, passphrase, this.#derive) });
  }

  /** A key that another process of this browser unlocked. */
  adopt(key: UnlockedKey): void {
    this.#unlocked = key;
  }

  /** The key goes out of memory; vaults that are open keep theirs until they are closed. */
  forget(): void {
    if (this.#unlocked !== null) this.#keep(null);
  }

  #keep(key: UnlockedKey | null): void {
    this.#unlocked = key;
    this.#keyChanged(key);
  }

  /**
   * Seal everything again under a fresh key, wrapped under `passphrase`, or without a lock where that is null. The vault must be
   * unlocked, and closed by everyone who used it. Rejects as `open` does; then the vault is as it was.
   */
  async rekey(passphrase: string | null): Promise<void> {
    const from = await this.#present();
    const old = await this.open();
    const generation = from.generation + 1;
    from.backend.close();
    let backend: VaultBackend | undefined;
    try {
      // Before anything is copied: it takes its time, and a worker that cannot run leaves nothing half done.
      const { key, lock } = await this.#freshKey(passphrase);
      backend = await this.#place.open(generation);
      await backend.putHeader({ version: 1, complete: false, lock });
      if (lock === null) await backend.putKey(sealingKeyName, key);
      const copy = await Vault.open(backend, key);
      await old.copyTo(copy);
      await backend.putHeader({ version: 1, complete: true, lock });
      this.#keep(lock === null ? null : { generation, key });
    } catch (error) {
      old.close();
      backend?.close();
      if (backend !== undefined) await this.#place.remove(generation);
      throw error instanceof VaultError ? error : new VaultError('unavailable', { cause: error });
    }
    old.close();
    backend.close();
    await this.#place.remove(from.generation);
  }

  async #freshKey(passphrase: string | null): Promise<{ key: CryptoKey; lock: VaultHeader['lock'] }> {
    return passphrase === null
      ? { key: await newSealingKey(false), lock: null }
      : await newLockedKey(passphrase, this.#derive);
  }

  /** The generation that counts. All others go: what a crash left of a copy, or of the vault that was copied. */
  async #present(): Promise<Present> {
    const found = (await this.#place.generations()).sort((a, b) => b - a);
    for (const generation of found) {
      const backend = await this.#place.open(generation);
      const header = readHeader(await backend.getHeader(), generation);
      if (!header.complete) {
        backend.close();
        continue;
      }
      for (const other of found) if (other !== generation) await this.#place.remove(other);
      return { generation, backend, lock: header.lock };
    }
    return { generation: 0, backend: await this.#place.open(0), lock: null };
  }

  /** Remove the vault in every generation, for good. Everyone who used it must have closed it. */
  async remove(): Promise<void> {
    this.forget();
    for (const generation of await this.#place.generations()) await this.#place.remove(generation);
  }
}

/** Generation 0 may come from before there were headers, and from a first opening that was cut off: it is empty then, and fit for use. */
function readHeader(value: unknown, generation: number): Pick<VaultHeader, 'complete' | 'lock'> {
  if (value === undefined) return { complete: generation === 0, lock: null };
  const { version, complete, lock } = value as Partial<VaultHeader>;
  const isKnown = version === 1 && typeof complete === 'boolean' && (lock === null || isLockRecord(lock));
  if (!isKnown) throw new VaultError('unreadable');
  return { complete, lock };
}
