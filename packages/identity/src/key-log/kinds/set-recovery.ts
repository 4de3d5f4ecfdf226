import { z } from 'zod';
import type { SigningKey } from '../../signing-key.ts';
import { type EntryBody, parseField } from '../entry.ts';
import { PublicKey, Signature } from '../fields.ts';
import { KeyLogError } from '../key-log-error.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { signRecoveryProof, verifyRecoveryProof } from '../recovery-proof.ts';
import { checkMayReplace } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';
import type { KeyLogWrap } from '../verified-key-log.ts';
import { readWraps, Wraps, wrapsAllowed, writeWraps } from './wraps.ts';

const Payload = z.tuple([PublicKey, PublicKey, Wraps, Signature]);

/** A recovery key: the first, or another in place of the present one (SPEC K2). */
export async function applySetRecovery(state: KeyLogState, entry: EntryBody): Promise<void> {
  const [signKey, hpkeKey, wraps, proof] = parseField(Payload, entry.payload);
  if (state.recovery !== null) checkMayReplace(state.recovery, entry);
  if (!(await verifyRecoveryProof(state, signKey, hpkeKey, proof))) throw new KeyLogError('bad_proof');
  const read = readWraps(wraps);
  if (!wrapsAllowed(read)) throw new KeyLogError('wraps_refused');
  state.claimKey(signKey);
  state.recovery = {
    signKey: signKey.slice(),
    hpkeKey: hpkeKey.slice(),
    wraps: read,
    setAt: entry.index,
    lost: null,
  };
}

/** An entry that sets or replaces the recovery key, which signs for itself. */
export async function createSetRecovery(
  at: EntryPosition,
  recovery: {
    readonly signKey: SigningKey;
    readonly hpkeKey: Uint8Array<ArrayBuffer>;
    readonly wraps: readonly KeyLogWrap[];
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const { signKey, hpkeKey, wraps } = recovery;
  const proof = await signRecoveryProof(at.log, signKey, hpkeKey);
  return await signNextEntry(at, 'set_recovery', [signKey.publicKey, hpkeKey, writeWraps(wraps), proof]);
}
