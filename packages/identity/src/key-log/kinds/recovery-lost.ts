import { type EntryBody, parseField } from '../entry.ts';
import { NoPayload } from '../fields.ts';
import { KeyLogError } from '../key-log-error.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { checkSignedByDevice, presentRecovery } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';

/** A device declares the recovery key lost: the wait of K2 begins. A second declaration would begin it again, so it is refused. */
export function applyRecoveryLost(state: KeyLogState, entry: EntryBody): void {
  parseField(NoPayload, entry.payload);
  checkSignedByDevice(entry);
  const recovery = presentRecovery(state);
  if (recovery.lost !== null) throw new KeyLogError('recovery_lost_already');
  state.recovery = { ...recovery, lost: { index: entry.index, time: entry.time } };
}

/** An entry that declares the recovery key lost; a device signs it. */
export async function createRecoveryLost(at: EntryPosition): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'recovery_lost', []);
}
