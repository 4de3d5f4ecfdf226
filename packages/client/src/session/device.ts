import { createRootEntry, type SigningKey, type VerifiedKeyLog, verifyKeyLog } from '@undertone/identity';
import { type DeviceId, deviceProofBytes, type Me, type SessionId, toBase64url } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { skeletonOf } from '../identity/username-skeleton.ts';
import type { RestClient } from '../rest/rest-client.ts';
import type { DeviceRecord } from '../storage/records.ts';
import { makeDeviceKey, readDeviceKey } from './device-key.ts';

/** This browser's device: who it is, and the handle of its key. */
export interface Device {
  readonly record: DeviceRecord;
  readonly key: SigningKey;
}

/** The device that a vault holds, if it holds one whole. */
export async function readDevice(vault: Vault): Promise<Device | undefined> {
  const [record, privateKey] = await Promise.all([vault.get<DeviceRecord>('meta', 'device'), readDeviceKey(vault)]);
  if (record === undefined || privateKey === undefined) return undefined;
  return { record, key: { publicKey: record.publicKey, privateKey } };
}

export async function saveDevice(vault: Vault, record: DeviceRecord): Promise<void> {
  await vault.write([{ store: 'meta', key: 'device', value: record }], { durable: true });
}

/** Make a device in an empty vault. The server does not know it yet. */
export async function makeDevice(vault: Vault, me: Me): Promise<Device> {
  const { key, write } = await makeDeviceKey();
  const record: DeviceRecord = {
    account: me.account.id,
    device: crypto.randomUUID() as DeviceId,
    publicKey: key.publicKey,
    registered: false,
    profile: me.account,
  };
  await vault.write([write, { store: 'meta', key: 'device', value: record }], { durable: true });
  return { record, key };
}

type SignedDevice = Device & { readonly logEntry: Uint8Array<ArrayBuffer> };

/**
 * The device with the root entry of its account's key log (SPEC K1), signed and stored before anything is done with it: from then on it is
 * this entry that counts, whatever the server says (SPEC K4, K9). Its time is never later than the server's, `serverNow`: one ahead would
 * be refused, and the times of all later entries could not fall below it (SPEC K2).
 */
export async function withRootEntry(vault: Vault, device: Device, serverNow = Date.now()): Promise<SignedDevice> {
  const { record, key } = device;
  if (record.logEntry !== undefined) return { ...device, logEntry: record.logEntry };
  const { username } = record.profile;
  const skeleton = await skeletonOf(username);
  const root = { username, skeleton, time: Math.min(Date.now(), serverNow) };
  const logEntry = await createRootEntry({ account: record.account, device: record.device }, key, root);
  const signed = { ...record, logEntry, logStored: false };
  await saveDevice(vault, signed);
  return { record: signed, key, logEntry };
}

/** Register a device with the root entry of a new key log (SPEC K1), which also binds the session to it. */
export async function registerDevice(
  rest: RestClient,
  vault: Vault,
  device: Device,
  { now }: Pick<Me, 'now'>,
  startAnew: boolean,
): Promise<Device> {
  const { record, key, logEntry } = await withRootEntry(vault, device, now);
  await rest.registerDevice({
    device: record.device,
    signatureKey: toBase64url(key.publicKey),
    logEntry: toBase64url(logEntry),
    startAnew,
  });
  const registered = { ...record, registered: true, logStored: true };
  await saveDevice(vault, registered);
  return { record: registered, key };
}

/**
 * Give the account's key log the version 2 root entry that names this device and its key, where an earlier release registered it with a
 * version 1 root (SPEC K11). Does nothing where that is done.
 */
export async function upgradeKeyLog(rest: RestClient, vault: Vault, device: Device): Promise<Device> {
  if (device.record.logStored) return device;
  const { record, key, logEntry } = await withRootEntry(vault, device);
  await rest.upgradeKeyLog({ logEntry: toBase64url(logEntry) });
  const upgraded = { ...record, logStored: true };
  await saveDevice(vault, upgraded);
  return { record: upgraded, key };
}

/** The key log of this device's account, from what the device itself stored (SPEC K9). */
export async function ownKeyLog(vault: Vault, device: Device): Promise<{ device: Device; log: VerifiedKeyLog }> {
  const { logEntry, ...signed } = await withRootEntry(vault, device);
  return { device: signed, log: await verifyKeyLog(device.record.account, [logEntry]) };
}

/** Bind the session to a device that this browser holds (SPEC I7). */
export async function bindDevice(rest: RestClient, session: SessionId, { record, key }: Device): Promise<void> {
  const algorithm = { name: 'Ed25519' };
  const proof = await crypto.subtle.sign(algorithm, key.privateKey, deviceProofBytes(session, record.device));
  await rest.bindDevice({ device: record.device, proof: toBase64url(new Uint8Array(proof)) });
}
