import { createRootEntry, type SigningKey } from '@undertone/identity';
import { type DeviceId, deviceProofBytes, type Me, type SessionId, toBase64url } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
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

/** Register a device with the first entry of a new key log (SPEC I2, I3), which also binds the session to it. */
export async function registerDevice(
  rest: RestClient,
  vault: Vault,
  device: Device,
  startAnew: boolean,
): Promise<Device> {
  const { record, key } = device;
  const logEntry = await createRootEntry({ account: record.account, device: record.device }, key);
  await rest.registerDevice({
    device: record.device,
    signatureKey: toBase64url(key.publicKey),
    logEntry: toBase64url(logEntry),
    startAnew,
  });
  const registered = { ...record, registered: true };
  await saveDevice(vault, registered);
  return { record: registered, key };
}

/** Bind the session to a device that this browser holds (SPEC I7). */
export async function bindDevice(rest: RestClient, session: SessionId, { record, key }: Device): Promise<void> {
  const algorithm = { name: 'Ed25519' };
  const proof = await crypto.subtle.sign(algorithm, key.privateKey, deviceProofBytes(session, record.device));
  await rest.bindDevice({ device: record.device, proof: toBase64url(new Uint8Array(proof)) });
}
