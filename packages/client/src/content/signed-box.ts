import { encode } from '@msgpack/msgpack';
import { signWithLabel, verifyWithLabel } from '@undertone/identity';
import { decodeMsgpack, equalBytes } from '@undertone/protocol';
import { z } from 'zod';
import { randomBytes } from '../bytes.ts';
import { type BoxContext, bodyKey, contentKeyId, keyIdBytes, saltBytes } from './content-key.ts';

/** What a box holds; part of every key and signature, so that one cannot pass for another. */
export type BoxPurpose =
  | 'undertone shared message 1'
  | 'undertone shared message 2'
  | 'undertone history link 1'
  | 'undertone signal 1';

const sized = (length: number) =>
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && value.length === length);
const Bytes = z.instanceof(Uint8Array<ArrayBuffer>);
const Box = z.tuple([sized(keyIdBytes), sized(saltBytes), Bytes, sized(64)]);
const EvidentBox = z.tuple([sized(keyIdBytes), sized(saltBytes), Bytes, sized(64), Bytes]);

export type OpenedBox =
  | {
      readonly kind: 'opened';
      readonly plaintext: Uint8Array<ArrayBuffer>;
      readonly evidence?: Uint8Array<ArrayBuffer>;
    }
  /** None of the keys at hand is the one that the box names. */
  | { readonly kind: 'no_key' }
  /** The signature is not the sender's. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'undecryptable' };

/** `evidence`: what a message says of the log, in the clear beside it (SPEC E3). */
const contextBytes = (context: BoxContext, keyId: Uint8Array, evidence?: Uint8Array): Uint8Array<ArrayBuffer> => {
  const { room, generation, epoch, device, id } = context;
  const fields = [room, generation, epoch, device, id, keyId];
  return encode(evidence === undefined ? fields : [...fields, evidence]);
};

async function signedBytes(context: Uint8Array, salt: Uint8Array, ciphertext: Uint8Array<ArrayBuffer>) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext));
  const bytes = new Uint8Array(context.length + salt.length + digest.length);
  bytes.set(context);
  bytes.set(salt, context.length);
  bytes.set(digest, context.length + salt.length);
  return bytes;
}

/** Seal `plaintext` for the holders of `contentKey`, signed by the sending device (SPEC H2, H4). `evidence` is signed with it. */
export async function sealBox(
  purpose: BoxPurpose,
  context: BoxContext,
  contentKey: Uint8Array<ArrayBuffer>,
  signingKey: CryptoKey,
  plaintext: Uint8Array<ArrayBuffer>,
  evidence?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const keyId = await contentKeyId(contentKey);
  const bound = contextBytes(context, keyId, evidence);
  const salt = randomBytes(saltBytes);
  const { key, iv } = await bodyKey(contentKey, salt, purpose, bound);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound }, key, plaintext);
  const ciphertext = new Uint8Array(sealed);
  const signature = await signWithLabel(signingKey, purpose, await signedBytes(bound, salt, ciphertext));
  return encode([keyId, salt, ciphertext, signature, ...(evidence === undefined ? [] : [evidence])]);
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
  const box = readBox(Box, body);
  return box === undefined
    ? { kind: 'undecryptable' }
    : await openParts(purpose, context, contentKeys, signatureKey, box);
}

/** Open a message of a shared room (SPEC H2) with its evidence; those of wire version 1 have none. Never throws. */
export async function openSharedBox(
  context: BoxContext,
  contentKeys: readonly Uint8Array<ArrayBuffer>[],
  signatureKey: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
): Promise<OpenedBox> {
  const box = readBox(EvidentBox, body);
  if (box === undefined) return await openBox('undertone shared message 1', context, contentKeys, signatureKey, body);
  const [keyId, salt, ciphertext, signature, evidence] = box;
  const parts = [keyId, salt, ciphertext, signature] as const;
  const opened = await openParts('undertone shared message 2', context, contentKeys, signatureKey, parts, evidence);
  return opened.kind === 'opened' ? { ...opened, evidence } : opened;
}

function readBox<T>(schema: z.ZodType<T>, body: Uint8Array<ArrayBuffer>): T | undefined {
  try {
    return schema.parse(decodeMsgpack(body));
  } catch {
    return undefined;
  }
}

async function openParts(
  purpose: BoxPurpose,
  context: BoxContext,
  contentKeys: readonly Uint8Array<ArrayBuffer>[],
  signatureKey: Uint8Array<ArrayBuffer>,
  [keyId, salt, ciphertext, signature]: Readonly<z.infer<typeof Box>>,
  evidence?: Uint8Array<ArrayBuffer>,
): Promise<OpenedBox> {
  const bound = contextBytes(context, keyId, evidence);
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
