import type { EntryBody } from './entry.ts';
import { KeyLogError } from './key-log-error.ts';
import type { KeyLogState } from './state.ts';
import type { KeyLogRecovery } from './verified-key-log.ts';

/** How long a recovery key that was declared lost may still speak before a device may replace it (SPEC K2). */
export const recoveryWaitMs = 7 * 24 * 60 * 60 * 1000;

/** The present recovery key. Fails with `no_recovery`. */
export function presentRecovery(state: KeyLogState): KeyLogRecovery {
  if (state.recovery === null) throw new KeyLogError('no_recovery');
  return state.recovery;
}

/**
 * SPEC K2: whether the signer of this entry may put another recovery key, or none, in place of the present one: that key itself, or a
 * device once the wait is over. A thief with one device has to wait as long, and is seen. Fails with `recovery_held`.
 */
export function checkMayReplace({ lost }: KeyLogRecovery, { signer, time }: EntryBody): void {
  if (signer === 'recovery') return;
  if (lost === null || time - lost.time < recoveryWaitMs) throw new KeyLogError('recovery_held');
}

/** Fails with `wrong_signer` unless a device signs. */
export function checkSignedByDevice({ signer }: EntryBody): void {
  if (signer === 'recovery') throw new KeyLogError('wrong_signer');
}

/** Fails with `wrong_signer` unless the recovery key signs. */
export function checkSignedByRecovery({ signer }: EntryBody): void {
  if (signer !== 'recovery') throw new KeyLogError('wrong_signer');
}
