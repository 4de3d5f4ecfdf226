import { AccountId, BlobId, DeviceId, EntryId, limits, Seq } from '@undertone/protocol';
import { z } from 'zod';
import { utf8 } from '../bytes.ts';
import { pad, unpad } from './padding.ts';

/** UTF-8 bytes of a text, by which it is limited. */
export const textBytes = (text: string): number => utf8(text).length;

const textOf = (maxBytes: number) =>
  z
    .string()
    .min(1)
    .refine((text) => textBytes(text) <= maxBytes);

const base64url = (maxBytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(Math.ceil((maxBytes * 4) / 3));

/** The message that a document is about (SPEC C5). */
export const MessageTarget = z.object({ seq: Seq, device: DeviceId, id: EntryId });
export type MessageTarget = z.infer<typeof MessageTarget>;

export const sameTarget = (a: MessageTarget, b: MessageTarget): boolean =>
  a.seq === b.seq && a.device === b.device && a.id === b.id;

const Mentions = z.array(AccountId).max(limits.mentionsPerMessage);
const MessageText = textOf(limits.messageTextMaxBytes);
const document = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ v: z.literal(1), type: z.literal(type), ...shape });
/** When it was written, by its sender's clock (SPEC C11). */
const sentAt = z.number().int().min(0).max(8_640_000_000_000_000).optional();

/** Something said (SPEC C6). */
const TextDocument = document('text', {
  text: MessageText,
  reply: MessageTarget.optional(),
  mentions: Mentions.optional(),
  sentAt,
});

/** Another text for a message of the same device (SPEC C7). */
const EditDocument = document('edit', { target: MessageTarget, text: MessageText, mentions: Mentions.optional() });

/** Takes back a message of the same device (SPEC C7). */
const DeleteDocument = document('delete', { target: MessageTarget });

/** One emoji at a message, added or taken away (SPEC C8). */
const ReactDocument = document('react', {
  target: MessageTarget,
  emoji: textOf(limits.reactionMaxBytes),
  on: z.boolean(),
});

/** A message pinned for everyone, or not any more; `known` are the other pins that the sender knew of (SPEC C8). */
const PinDocument = document('pin', {
  target: MessageTarget,
  on: z.boolean(),
  known: z.array(MessageTarget).max(limits.pinsPerRoom),
});

/** How far its sender's browser has received, and its person has read, a thread (SPEC C9). */
const ReceiptDocument = document('receipt', { delivered: Seq, read: Seq.optional() });

/** A stored file and the key to it (SPEC C10, F1). `bytes` is its true length; `key` and `digest` 32 bytes. */
const FileDocument = document('file', {
  blob: BlobId,
  key: base64url(32).length(43),
  digest: base64url(32).length(43),
  name: textOf(limits.fileNameMaxBytes),
  mediaType: z.string().max(127),
  bytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  width: z.number().int().min(1).max(100_000).optional(),
  height: z.number().int().min(1).max(100_000).optional(),
  durationMs: z.number().int().min(0).optional(),
  /** A small JPEG, PNG or WebP. */
  thumbnail: base64url(limits.thumbnailMaxBytes).optional(),
  caption: textOf(limits.captionMaxBytes).optional(),
  reply: MessageTarget.optional(),
  mentions: Mentions.optional(),
  sentAt,
});

/** What a receiver of a file in a thread did with it (SPEC C10). */
const AnswerDocument = document('answer', {
  target: MessageTarget,
  answer: z.enum(['accepted', 'declined', 'received']),
});

const Document = z.discriminatedUnion('type', [
  TextDocument,
  EditDocument,
  DeleteDocument,
  ReactDocument,
  PinDocument,
  ReceiptDocument,
  FileDocument,
  AnswerDocument,
]);
const types: ReadonlySet<string> = new Set(Document.options.map((option) => option.shape.type.value));

/** What is said, as it is encrypted (SPEC C3). */
export type ContentDocument = z.infer<typeof Document>;
export type ContentDocumentOf<T extends ContentDocument['type']> = Extract<ContentDocument, { type: T }>;

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

/** The JSON value in a padded payload; `undefined` where there is none. It comes from another person's program. */
export function decodeJson(padded: Uint8Array<ArrayBuffer>): unknown {
  const data = unpad(padded);
  if (data === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
}

/** Read a payload. Anything may be in it; this never throws. */
export function decodeDocument(padded: Uint8Array<ArrayBuffer>): ParsedDocument {
  const value = decodeJson(padded);
  const parsed = Document.safeParse(value);
  if (parsed.success) return { kind: 'document', document: parsed.data };
  const envelope = Envelope.safeParse(value);
  const known = envelope.success && envelope.data.v === 1 && types.has(envelope.data.type);
  return envelope.success && !known ? { kind: 'newer_version' } : { kind: 'malformed' };
}
