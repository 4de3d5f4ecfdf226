import type { Epoch, Generation, RoomId } from '@undertone/protocol';
import { encodeCanonical } from './key-log/canonical.ts';
import { labelled, signWithLabel, verifyWithLabel } from './signing-key.ts';

const label = 'undertone found 1';
/** Rooms have no roles yet; their hash has its place in the format. */
const noRoles = new Uint8Array(0);

/** What a founder says of the generation that it begins (SPEC A7). */
export interface Founding {
  readonly room: RoomId;
  readonly generation: Generation;
  /** The last epoch of the generation before, as far as the founder knew it; `null` if it knew none. */
  readonly last: { readonly epoch: Epoch; readonly authenticator: Uint8Array<ArrayBuffer> } | null;
  /** SHA-256 of the group info that comes with the founding. */
  readonly groupInfoHash: Uint8Array<ArrayBuffer>;
  /** Epoch authenticator (RFC 9420 §8.7) of the first epoch. */
  readonly authenticator: Uint8Array<ArrayBuffer>;
}

function encodeFounding({ room, generation, last, groupInfoHash, authenticator }: Founding): Uint8Array<ArrayBuffer> {
  const lastEpoch = last?.epoch ?? -1;
  const lastAuthenticator = last?.authenticator ?? new Uint8Array(0);
  return encodeCanonical([room, generation, lastEpoch, lastAuthenticator, groupInfoHash, noRoles, authenticator]);
}

/** The bytes that a founder signs: the label, a line feed, and the founding as a msgpack array. */
export function foundingBytes(founding: Founding): Uint8Array<ArrayBuffer> {
  return labelled(label, encodeFounding(founding));
}

/** The founder's signature over `foundingBytes`, by its device's key. */
export async function signFounding(key: CryptoKey, founding: Founding): Promise<Uint8Array<ArrayBuffer>> {
  return await signWithLabel(key, label, encodeFounding(founding));
}

/** Whether the device with this key said just that. False for anything malformed. */
export async function verifyFounding(
  publicKey: Uint8Array<ArrayBuffer>,
  founding: Founding,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await verifyWithLabel(publicKey, label, encodeFounding(founding), signature);
}
