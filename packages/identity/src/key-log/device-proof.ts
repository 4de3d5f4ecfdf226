import type { DeviceId } from '@undertone/protocol';
import { type SigningKey, signWithLabel, verifyWithLabel } from '../signing-key.ts';
import { encodeCanonical } from './canonical.ts';
import type { VerifiedKeyLog } from './verified-key-log.ts';

const label = 'undertone device proof 2';

/** The log that a proof is for, and nothing else. */
type Log = Pick<VerifiedKeyLog, 'account' | 'root'>;

/** Hash of the approval's transcript, or empty if there was none: 32 bytes or 0. */
export type Approval = Uint8Array<ArrayBuffer>;

const proved = (
  { account, root }: Log,
  device: DeviceId,
  key: Uint8Array,
  approval: Approval,
): Uint8Array<ArrayBuffer> => encodeCanonical([account, root, device, key, approval]);

/**
 * The new device's word that its key belongs to this log: nobody can name another's key as their own, nor reuse the word for another
 * account, root or approval.
 */
export async function signDeviceProof(
  log: Log,
  device: DeviceId,
  key: SigningKey,
  approval: Approval,
): Promise<Uint8Array<ArrayBuffer>> {
  return await signWithLabel(key.privateKey, label, proved(log, device, key.publicKey, approval));
}

/** Whether `proof` is the new device's own word for just this. */
export async function verifyDeviceProof(
  log: Log,
  device: DeviceId,
  key: Uint8Array<ArrayBuffer>,
  approval: Approval,
  proof: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await verifyWithLabel(key, label, proved(log, device, key, approval), proof);
}
