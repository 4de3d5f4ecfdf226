import type { SigningKey } from '@undertone/identity';
import type { Vault, VaultWrite } from '@undertone/vault';

/** meta/deviceKey: the private half of the device's signing key, sealed like everything else in the vault. */
interface DeviceKeyRecord {
  readonly version: 1;
  readonly pkcs8: Uint8Array<ArrayBuffer>;
}

const recordKey = 'deviceKey';
/** A vault from before the key was a record keeps it as a handle of its own. */
const handleName = 'device';

const importKey = (pkcs8: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);

/**
 * Make a signing key, and the write that keeps it. It is extractable for the moment of its making only: a handle in IndexedDB cannot be
 * wrapped under a passphrase later (WebCrypto exports no non-extractable key), and someone who copies the profile can read its bytes.
 */
export async function makeDeviceKey(): Promise<{ readonly key: SigningKey; readonly write: VaultWrite }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const value: DeviceKeyRecord = { version: 1, pkcs8 };
  return { key: { publicKey, privateKey: await importKey(pkcs8) }, write: { store: 'meta', key: recordKey, value } };
}

/** The private half as a handle to sign with, which cannot be taken out; `undefined` if the vault has none. */
export async function readDeviceKey(vault: Vault): Promise<CryptoKey | undefined> {
  const record = await vault.get<DeviceKeyRecord>('meta', recordKey);
  return record === undefined ? await vault.getKey(handleName) : await importKey(record.pkcs8);
}

/** Whether the private half lies in the vault as a record, so that a lock holds it too. */
export async function isDeviceKeySealed(vault: Vault): Promise<boolean> {
  return (await vault.get('meta', recordKey)) !== undefined;
}
