import { z } from 'zod';
import { type EntryBody, parseField } from '../entry.ts';
import { KeyLogError } from '../key-log-error.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { checkSignedByRecovery, presentRecovery } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';
import type { KeyLogWrap } from '../verified-key-log.ts';
import { readWraps, Wraps, wrapsAllowed, writeWraps } from './wraps.ts';

const Payload = z.tuple([Wraps]);

/** More wraps of the present recovery secret. None is taken away: it may have been copied, so that needs a new secret. */
export function applySetWraps(state: KeyLogState, entry: EntryBody): void {
  const [added] = parseField(Payload, entry.payload);
  checkSignedByRecovery(entry);
  const recovery = presentRecovery(state);
  const wraps = [...recovery.wraps, ...readWraps(added)];
  if (!wrapsAllowed(wraps)) throw new KeyLogError('wraps_refused');
  state.recovery = { ...recovery, wraps };
}

/** An entry that adds wraps, none of them of the kind `code`; the recovery key signs it. */
export async function createSetWraps(
  at: EntryPosition,
  added: readonly KeyLogWrap[],
): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'set_wraps', [writeWraps(added)]);
}
