import type { Bytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import { exportSecretOf } from '../schedule/key-schedule.ts';
import { assertActive, assertVerified, type GroupState } from './state.ts';

/** HKDF cannot give more (RFC 5869 §2.3). */
const maxHashes = 255;

/** A secret of this epoch for use outside MLS (RFC 9420 §8.5). `length` in bytes. */
export function exportSecret(state: GroupState, label: string, context: Uint8Array, length: number): Bytes {
  assertActive(state);
  assertVerified(state);
  const { hash } = state.suite;
  if (!Number.isInteger(length) || length < 1 || length > maxHashes * hash.bytes) {
    throw new MlsError('misuse', 'a length out of range');
  }
  return exportSecretOf(hash, state.secrets, label, context, length);
}
