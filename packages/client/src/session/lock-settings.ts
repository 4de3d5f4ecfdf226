import type { Vault } from '@undertone/vault';
import { CoreError, type LockIdle } from '../view/core.ts';

/** meta/lock: when to lock by itself. It is sealed, so that nobody with the files can put it off. */
interface LockSettingsRecord {
  readonly version: 1;
  /** Null: when the browser is closed. */
  readonly idleMinutes: LockIdle;
}

const recordKey = 'lock';
const passphraseMinChars = 8;

export async function readLockIdle(vault: Vault): Promise<LockIdle> {
  return (await vault.get<LockSettingsRecord>('meta', recordKey))?.idleMinutes ?? null;
}

export async function saveLockIdle(vault: Vault, idleMinutes: LockIdle): Promise<void> {
  const value: LockSettingsRecord = { version: 1, idleMinutes };
  await vault.write([{ store: 'meta', key: recordKey, value }], { durable: true });
}

/** Refuses a passphrase that can be tried out in no time. */
export function checkPassphrase(passphrase: string): void {
  if ([...passphrase].length >= passphraseMinChars) return;
  throw new CoreError({ code: 'weak_passphrase', message: 'Use at least 8 characters.' });
}
