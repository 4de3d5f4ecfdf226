import { type AccountId, type DeviceId, toBase64url } from '@undertone/protocol';
import type { EntryBody } from './entry.ts';
import { maxActiveDevices } from './fields.ts';
import { KeyLogError } from './key-log-error.ts';
import { activeDevices, type KeyLogArchive, type KeyLogDevice, type KeyLogRecovery } from './verified-key-log.ts';

/** What the log says after the entries that were verified so far. */
export class KeyLogState {
  readonly account: AccountId;
  readonly root: Uint8Array<ArrayBuffer>;
  readonly devices = new Map<DeviceId, KeyLogDevice>();
  recovery: KeyLogRecovery | null = null;
  archive: KeyLogArchive | null = null;
  readonly #keys = new Set<string>();

  constructor(account: AccountId, root: Uint8Array<ArrayBuffer>) {
    this.account = account;
    this.root = root;
  }

  /** The key that checks this signer's signatures now. Fails with `wrong_signer`. */
  keyOf(signer: EntryBody['signer']): Uint8Array<ArrayBuffer> {
    if (signer === 'recovery') {
      if (this.recovery === null) throw new KeyLogError('wrong_signer');
      return this.recovery.signKey;
    }
    const device = this.devices.get(signer);
    if (device === undefined || device.removedAt !== null) throw new KeyLogError('wrong_signer');
    return device.key;
  }

  /** SPEC K2: a recovery key that signs anything is not lost. */
  recoverySpoke(): void {
    if (this.recovery !== null) this.recovery = { ...this.recovery, lost: null };
  }

  /** A signing key is named once in a log, as the key of one device or as a recovery key. Fails with `key_taken`. */
  claimKey(key: Uint8Array): void {
    const name = toBase64url(key);
    if (this.#keys.has(name)) throw new KeyLogError('key_taken');
    this.#keys.add(name);
  }

  /** A device id is named once in a log: a removed device comes back with a new id and key. Fails with `device_taken`. */
  addDevice(device: KeyLogDevice): void {
    if (this.devices.has(device.device)) throw new KeyLogError('device_taken');
    this.claimKey(device.key);
    this.devices.set(device.device, device);
  }

  /** Fails with `unknown_device` unless all are active. */
  removeDevices(devices: readonly DeviceId[], index: number): void {
    for (const id of devices) {
      const device = this.devices.get(id);
      if (device === undefined || device.removedAt !== null) throw new KeyLogError('unknown_device');
      this.devices.set(id, { ...device, removedAt: index });
    }
  }

  /** SPEC K1: at most eight devices are active, and none only while a recovery key can add one. */
  checkDeviceCount(): void {
    const count = activeDevices(this).length;
    if (count > maxActiveDevices) throw new KeyLogError('too_many_devices');
    if (count === 0 && this.recovery === null) throw new KeyLogError('no_device_left');
  }
}
