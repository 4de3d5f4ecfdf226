import type { DeviceId, EntryId, Epoch, Generation, RoomId } from '@undertone/protocol';
import { utf8 } from '../bytes.ts';

/** Bytes of a content key, of its id, and of the salt of a message (SPEC H1, H2). */
export const contentKeyBytes = 32;
export const keyIdBytes = 16;
export const saltBytes = 16;

/** Label of the MLS exporter (RFC 9420 §8.5) that gives an epoch's content key. */
export const contentKeyLabel = 'undertone content key';

/** Where a sealed body belongs; signed and authenticated with it. */
export interface BoxContext {
  readonly room: RoomId;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly device: DeviceId;
  readonly id: EntryId;
}

async function hkdf(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  length: number,
) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8);
  return new Uint8Array(bits);
}

/** What names a content key in public without telling anything of it (SPEC H2). */
export async function contentKeyId(contentKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await hkdf(contentKey, new Uint8Array(0), utf8('undertone content key id 1'), keyIdBytes);
}

/** The key and nonce of one body (SPEC H2): fresh by its salt, bound to its context. */
export async function bodyKey(
  contentKey: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  label: string,
  context: Uint8Array<ArrayBuffer>,
): Promise<{ key: CryptoKey; iv: Uint8Array<ArrayBuffer> }> {
  const prefix = utf8(label);
  const info = new Uint8Array(prefix.length + context.length);
  info.set(prefix);
  info.set(context, prefix.length);
  const bytes = await hkdf(contentKey, salt, info, 44);
  const key = await crypto.subtle.importKey('raw', bytes.subarray(0, 32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { key, iv: bytes.slice(32) };
}
