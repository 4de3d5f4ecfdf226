import { type Founding, foundingBytes } from '@undertone/protocol';
import { signBytes, verifyBytes } from './signing-key.ts';

/** The founder's signature over what it states of a generation that begins (SPEC R13), by its device's key. */
export async function signFounding(key: CryptoKey, founding: Founding): Promise<Uint8Array<ArrayBuffer>> {
  return await signBytes(key, foundingBytes(founding));
}

/** Whether the device with this key stated just that. False for anything malformed. */
export async function verifyFounding(
  publicKey: Uint8Array<ArrayBuffer>,
  founding: Founding,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await verifyBytes(publicKey, foundingBytes(founding), signature);
}
