import { limits } from '@undertone/protocol';
import { z } from 'zod';
import { utf8 } from '../bytes.ts';
import { pad, unpad } from './padding.ts';

/** UTF-8 bytes of a message's text, by which it is limited. */
export const textBytes = (text: string): number => utf8(text).length;

const TextDocument = z.object({
  v: z.literal(1),
  type: z.literal('text'),
  text: z
    .string()
    .min(1)
    .refine((text) => textBytes(text) <= limits.messageTextMaxBytes),
});

/** What is said, as it is encrypted (SPEC C3). */
export type ContentDocument = z.infer<typeof TextDocument>;

/** A decrypted payload: a document, one of a newer app, or nonsense. */
export type ParsedDocument =
  | { readonly kind: 'document'; readonly document: ContentDocument }
  | { readonly kind: 'newer_version' }
  | { readonly kind: 'malformed' };

const Envelope = z.object({ v: z.number().int().min(1), type: z.string().max(64) });

/** The padded bytes of a document (SPEC C1). */
export function encodeDocument(document: ContentDocument): Uint8Array<ArrayBuffer> {
  return pad(utf8(JSON.stringify(document)));
}

/** Read a payload. It comes from another person's program, so anything may be in it; this never throws. */
export function decodeDocument(padded: Uint8Array<ArrayBuffer>): ParsedDocument {
  const data = unpad(padded);
  if (data === undefined) return { kind: 'malformed' };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return { kind: 'malformed' };
  }
  const document = TextDocument.safeParse(value);
  if (document.success) return { kind: 'document', document: document.data };
  const envelope = Envelope.safeParse(value);
  const known = envelope.success && envelope.data.v === 1 && envelope.data.type === 'text';
  return envelope.success && !known ? { kind: 'newer_version' } : { kind: 'malformed' };
}
