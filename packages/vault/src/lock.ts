import type { KdfParams, LockRecord } from './backend.ts';
import { newSealingKey } from './vault.ts';
import { VaultError } from './vault-error.ts';

/** How a passphrase becomes 32 bytes; where a page runs, in a worker (see `passphraseKey`). */
export type DeriveKey = (passphrase: string, params: KdfParams) => Promise<Uint8Array<ArrayBuffer>>;

/** RFC 9106 §4, the second recommendation, with one lane since one thread does the work: about a second on a laptop of 2020. */
const strength = { memoryKib: 64 * 1024, passes: 3, lanes: 1 } as const;
/** What a header may ask for: one that was tampered with must not take the machine's memory. */
const most = { memoryKib: 1024 * 1024, passes: 16, lanes: 16 } as const;
const saltBytes = 16;
const nonceBytes = 12;

const isCount = (value: unknown, max: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max;

/** Whether `value`, as it was found, is a lock that can be tried. */
export function isLockRecord(value: unknown): value is LockRecord {
  const { kdf, nonce, wrapped } = (value ?? {}) as Partial<LockRecord>;
  return (
    kdf?.algorithm === 'argon2id' &&
    isCount(kdf.memoryKib, most.memoryKib) &&
    isCount(kdf.passes, most.passes) &&
    isCount(kdf.lanes, most.lanes) &&
    kdf.salt instanceof Uint8Array &&
    nonce instanceof Uint8Array &&
    nonce.length === nonceBytes &&
    wrapped instanceof Uint8Array
  );
}

/** What the wrapped key is bound to. */
function boundTo({ algorithm, memoryKib, passes, lanes, salt }: KdfParams): Uint8Array<ArrayBuffer> {
  const salted = Array.from(salt, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new TextEncoder().encode(`undertone vault lock 1\n${algorithm}\n${memoryKib}\n${passes}\n${lanes}\n${salted}`);
}

async function wrappingKey(passphrase: string, kdf: KdfParams, derive: DeriveKey): Promise<CryptoKey> {
  const bytes = await derive(passphrase, kdf);
  try {
    return await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['wrapKey', 'unwrapKey']);
  } finally {
    bytes.fill(0);
  }
}

async function unwrap({ kdf, nonce, wrapped }: LockRecord, wrappedBy: CryptoKey): Promise<CryptoKey> {
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: boundTo(kdf) };
  return await crypto.subtle.unwrapKey('raw', wrapped, wrappedBy, algorithm, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** A fresh sealing key and the lock that holds it. Its bytes never reach the program, and its handle cannot be taken out. */
export async function newLockedKey(
  passphrase: string,
  derive: DeriveKey,
): Promise<{ readonly key: CryptoKey; readonly lock: LockRecord }> {
  const kdf: KdfParams = {
    algorithm: 'argon2id',
    ...strength,
    salt: crypto.getRandomValues(new Uint8Array(saltBytes)),
  };
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const wrapping = await wrappingKey(passphrase, kdf, derive);
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: boundTo(kdf) };
  const wrapped = await crypto.subtle.wrapKey('raw', await newSealingKey(true), wrapping, algorithm);
  const lock = { kdf, nonce, wrapped: new Uint8Array(wrapped) };
  return { key: await unwrap(lock, wrapping), lock };
}

/** The sealing key that a lock holds, as a handle that nothing can take out. Rejects with `wrong_passphrase`. */
export async function unlockedKey(lock: LockRecord, passphrase: string, derive: DeriveKey): Promise<CryptoKey> {
  const wrapping = await wrappingKey(passphrase, lock.kdf, derive);
  try {
    return await unwrap(lock, wrapping);
  } catch (cause) {
    throw new VaultError('wrong_passphrase', { cause });
  }
}
