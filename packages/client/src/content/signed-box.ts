import { encode } from '@msgpack/msgpack';
import { signWithLabel, verifyWithLabel } from '@undertone/identity';
import { decodeMsgpack, equalBytes } from '@undertone/protocol';
import { z } from 'zod';
import { randomBytes } from '../bytes.ts';
import { type BoxContext, bodyKey, contentKeyId, keyIdBytes, saltBytes } from './content-key.ts';

/** What a box holds; part of every key and signature, so that one cannot pass for another. */
export type BoxPurpose = 'undertone shared message 1' | 'undertone history link 1' | 'undertone signal 1';

const sized = (length: number) =>
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && value.length === length);
const Box = z.tuple([sized(keyIdBytes), sized(saltBytes), z.instanceof(Uint8Array<ArrayBuffer>), sized(64)]);

export type OpenedBox =
  | { readonly kind: 'opened'; readonly plaintext: Uint8Array<ArrayBuffer> }
  /** None of the keys at hand is the one that the box names. */
  | { readonly kind: 'no_key' }
  /** The signature is not the sender's. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'undecryptable' };

const contextBytes = (context: BoxContext, keyId: Uint8Array): Uint8Array<ArrayBuffer> =>
  encode([context.room, context.generation, context.epoch, context.device, context.id, keyId]);

async function signedBytes(context: Uint8Array, salt: Uint8Array, ciphertext: Uint8Array<ArrayBuffer>) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext));
  const bytes = new Uint8Array(context.length + salt.length + digest.length);
  bytes.set(context);
  bytes.set(salt, context.length);
  bytes.set(digest, context.length + salt.length);
  return bytes;
}

/** Seal `plaintext` for the holders of `contentKey`, signed by the sending device (SPEC H2, H4). */
export async function sealBox(
  purpose: BoxPurpose,
  context: BoxContext,
  contentKey: Uint8Array<ArrayBuffer>,
  signingKey: CryptoKey,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const keyId = await contentKeyId(contentKey);
  const bound = contextBytes(context, keyId);
  const salt = randomBytes(saltBytes);
  const { key, iv } = await bodyKey(contentKey, salt, purpose, bound);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound }, key, plaintext);
  const ciphertext = new Uint8Array(sealed);
  const signature = await signWithLabel(signingKey, purpose, await signedBytes(bound, salt, ciphertext));
  return encode([keyId, salt, ciphertext, signature]);
}

/**
 * Open a box from the device that holds `signatureKey`, by whichever of `contentKeys` it names. The signature is checked before
 * anything is decrypted (SPEC H3). Never throws: a box comes from another person's program.
 */
export async function openBox(
  purpose: BoxPurpose,
  context: BoxContext,
  contentKeys: readonly Uint8Array<ArrayBuffer>[],
  signatureKey: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
): Promise<OpenedBox> {
  let box: z.infer<typeof Box>;
  try {
    box = Box.parse(decodeMsgpack(body));
  } catch {
    return { kind: 'undecryptable' };
  }
  const [keyId, salt, ciphertext, signature] = box;
  const bound = contextBytes(context, keyId);
  const signed = await signedBytes(bound, salt, ciphertext);
  if (!(await verifyWithLabel(signatureKey, purpose, signed, signature))) return { kind: 'forged' };
  const ids = await Promise.all(contentKeys.map(contentKeyId));
  const contentKey = contentKeys[ids.findIndex((id) => equalBytes(id, keyId))];
  if (contentKey === undefined) return { kind: 'no_key' };
  try {
    const { key, iv } = await bodyKey(contentKey, salt, purpose, bound);
    const plaintext = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: bound }, key, ciphertext);
    return { kind: 'opened', plaintext: new Uint8Array(plaintext) };
  } catch {
    return { kind: 'undecryptable' };
  }
}
