import { type EntryBody, parseField } from '../entry.ts';
import { NoPayload } from '../fields.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { checkMayReplace, presentRecovery } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';

/** No recovery key any more (SPEC K2). */
export function applyRemoveRecovery(state: KeyLogState, entry: EntryBody): void {
  parseField(NoPayload, entry.payload);
  checkMayReplace(presentRecovery(state), entry);
  state.recovery = null;
}

/** An entry that removes the recovery key. */
export async function createRemoveRecovery(at: EntryPosition): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'remove_recovery', []);
}
