import { z } from 'zod';

/** Bytes with bounds, for frames (msgpack carries them as they are). */
export const bytes = (maxBytes: number, minBytes = 1) =>
  z.custom<Uint8Array<ArrayBuffer>>(
    (value) => value instanceof Uint8Array && value.length >= minBytes && value.length <= maxBytes,
    { message: `expected ${minBytes} to ${maxBytes} bytes` },
  );

/** Bytes in JSON: unpadded base64url (RFC 4648 §5). `maxBytes` bounds the decoded size. */
export const base64urlBytes = (maxBytes: number) =>
  z
    .string()
    .max(Math.ceil((maxBytes * 4) / 3))
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => text.length % 4 !== 1, { message: 'one character too many' });

/** Encode bytes as unpadded base64url (RFC 4648 §5). */
export function toBase64url(data: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < data.length; i += 0x8000) binary += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Decode unpadded base64url; throws `TypeError` on anything else. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new TypeError('not base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Whether two byte strings are the same. For public values only: it does not run in constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
