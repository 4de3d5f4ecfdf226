import { type SigningKey, signWithLabel, verifyWithLabel } from '../signing-key.ts';
import { encodeCanonical } from './canonical.ts';
import type { VerifiedKeyLog } from './verified-key-log.ts';

const label = 'undertone recovery proof 2';

type Log = Pick<VerifiedKeyLog, 'account' | 'root'>;

const proved = ({ account, root }: Log, signKey: Uint8Array, hpkeKey: Uint8Array): Uint8Array<ArrayBuffer> =>
  encodeCanonical([account, root, signKey, hpkeKey]);

/** The recovery key's word that both keys belong to this log: one that nobody holds cannot be set. */
export async function signRecoveryProof(
  log: Log,
  signKey: SigningKey,
  hpkeKey: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return await signWithLabel(signKey.privateKey, label, proved(log, signKey.publicKey, hpkeKey));
}

/** Whether `proof` is the recovery key's own word for just this. */
export async function verifyRecoveryProof(
  log: Log,
  signKey: Uint8Array<ArrayBuffer>,
  hpkeKey: Uint8Array<ArrayBuffer>,
  proof: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await verifyWithLabel(signKey, label, proved(log, signKey, hpkeKey), proof);
}
