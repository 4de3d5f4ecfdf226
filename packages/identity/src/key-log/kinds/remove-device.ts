import type { DeviceId } from '@undertone/protocol';
import { z } from 'zod';
import { type EntryBody, parseField } from '../entry.ts';
import { DeviceList } from '../fields.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import type { KeyLogState } from '../state.ts';

const Payload = z.tuple([DeviceList.refine((devices) => devices.length > 0)]);

/** Active devices that speak for the account no more; the signer may be among them. */
export function applyRemoveDevice(state: KeyLogState, entry: EntryBody): void {
  const [devices] = parseField(Payload, entry.payload);
  state.removeDevices(devices, entry.index);
}

/** An entry that removes devices, at least one. */
export async function createRemoveDevice(
  at: EntryPosition,
  devices: readonly DeviceId[],
): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'remove_device', [devices]);
}
