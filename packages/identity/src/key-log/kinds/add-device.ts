import { DeviceId } from '@undertone/protocol';
import { z } from 'zod';
import { type Approval, verifyDeviceProof } from '../device-proof.ts';
import { type EntryBody, parseField } from '../entry.ts';
import { DeviceList, Empty, Hash, PublicKey, Signature, Word } from '../fields.ts';
import { KeyLogError } from '../key-log-error.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import { checkSignedByRecovery } from '../recovery-right.ts';
import type { KeyLogState } from '../state.ts';

const Payload = z.tuple([DeviceId, PublicKey, Word, z.union([Hash, Empty]), Signature, DeviceList]);

/** A new device. The recovery key removes those that are lost in the same entry, so that no moment has both. */
export async function applyAddDevice(state: KeyLogState, entry: EntryBody): Promise<void> {
  const [device, key, how, approval, proof, removes] = parseField(Payload, entry.payload);
  if (removes.length > 0) checkSignedByRecovery(entry);
  if (!(await verifyDeviceProof(state, device, key, approval, proof))) throw new KeyLogError('bad_proof');
  const { index, time, signer } = entry;
  state.removeDevices(removes, index);
  state.addDevice({ device, key: key.slice(), addedAt: index, removedAt: null, time, how, by: signer });
}

export interface NewDevice {
  readonly device: DeviceId;
  readonly key: Uint8Array<ArrayBuffer>;
  /** How it was approved, one word such as `emoji`, `qr`, `recovery`. */
  readonly how: string;
  readonly approval: Approval;
  /** From `signDeviceProof`, made by the new device. */
  readonly proof: Uint8Array<ArrayBuffer>;
  /** Active devices that it replaces; only the recovery key may name any. */
  readonly removes?: readonly DeviceId[];
}

/** An entry that adds a device. */
export async function createAddDevice(at: EntryPosition, added: NewDevice): Promise<Uint8Array<ArrayBuffer>> {
  const { device, key, how, approval, proof, removes = [] } = added;
  return await signNextEntry(at, 'add_device', [device, key, how, approval, proof, removes]);
}
