import { type EntryBody, parseField } from '../entry.ts';
import { NoPayload } from '../fields.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { presentRecovery } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';

/** Any device, or the recovery key itself, says that the recovery key stays: a wait that runs is over (SPEC K2). */
export function applyKeepRecovery(state: KeyLogState, entry: EntryBody): void {
  parseField(NoPayload, entry.payload);
  state.recovery = { ...presentRecovery(state), lost: null };
}

/** An entry that ends the wait of a `recovery_lost`. */
export async function createKeepRecovery(at: EntryPosition): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'keep_recovery', []);
}
