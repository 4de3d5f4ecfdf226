import { CoreError } from '../view/core.ts';

/**
 * Encrypted content encoding `aes128gcm` (RFC 8188) on WebCrypto. A header, then records of `recordBytes`, the last one shorter or not. A
 * record is AES-128-GCM over content, a delimiter (1; 2 in the last record) and zeros; its nonce is a base nonce XOR its number, so records
 * can be opened alone, and none can be left out, moved, repeated or added unseen.
 */

export const saltBytes = 16;
const headerBytes = saltBytes + 4 + 1;
const tagBytes = 16;
const delimiterBytes = 1;
const overheadBytes = tagBytes + delimiterBytes;

/** Of every file of ours (SPEC F1), the record's tag and delimiter among them. */
export const fileRecordBytes = 1024 * 1024;

/** A key and base nonce for one salt, and the shape of the records. */
export interface Encoding {
  readonly key: CryptoKey;
  readonly baseNonce: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly recordBytes: number;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** RFC 8188 §2.2, §2.3: the content-encryption key and the base nonce from the input keying material. */
export async function encodingOf(
  keyingMaterial: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  recordBytes: number,
): Promise<Encoding> {
  const secret = await crypto.subtle.importKey('raw', keyingMaterial, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const hkdf = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8(`Content-Encoding: ${info}\0`) });
  const aes = { name: 'AES-GCM', length: 128 };
  const [key, nonce] = await Promise.all([
    crypto.subtle.deriveKey(hkdf('aes128gcm'), secret, aes, false, ['encrypt', 'decrypt']),
    crypto.subtle.deriveBits(hkdf('nonce'), secret, 96),
  ]);
  return { key, baseNonce: new Uint8Array(nonce), salt, recordBytes };
}

/** RFC 8188 §2.3: the base nonce XOR the number of the record, in network order. */
function nonceOf({ baseNonce }: Encoding, record: number): Uint8Array<ArrayBuffer> {
  const nonce = baseNonce.slice();
  const view = new DataView(nonce.buffer);
  view.setUint32(4, (view.getUint32(4) ^ Math.floor(record / 2 ** 32)) >>> 0);
  view.setUint32(8, (view.getUint32(8) ^ (record >>> 0)) >>> 0);
  return nonce;
}

/** RFC 8188 §2.1, with an empty key id. */
export function encodeHeader({ salt, recordBytes }: Encoding): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(headerBytes);
  header.set(salt);
  new DataView(header.buffer).setUint32(saltBytes, recordBytes);
  return header;
}

/** A file that is not as it was sealed: `file_damaged`. */
export const damaged = (): CoreError =>
  new CoreError({
    code: 'file_damaged',
    message: 'This file is damaged or was changed on the server. Nothing of it was kept. Ask for it to be sent again.',
  });

/** What the header of a file of ours says; fails with `file_damaged` on any other. */
export function decodeHeader(header: Uint8Array<ArrayBuffer>): { salt: Uint8Array<ArrayBuffer>; recordBytes: number } {
  if (header.length < headerBytes || header[headerBytes - 1] !== 0) throw damaged();
  const recordBytes = new DataView(header.buffer, header.byteOffset).getUint32(saltBytes);
  if (recordBytes !== fileRecordBytes) throw damaged();
  return { salt: header.slice(0, saltBytes), recordBytes };
}

/**
 * The length to which content is padded (Padmé; Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", 2019): the class of a length of n bytes leaks O(log log n) bits and adds at most 12 %.
 */
export function paddedLength(bytes: number): number {
  if (bytes < 2) return bytes;
  const exponent = Math.floor(Math.log2(bytes));
  const size = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - size);
  return Math.ceil(bytes / step) * step;
}

/** Where a file's records are, from the true length of its content. Padding is counted in. */
export interface Layout {
  readonly contentBytes: number;
  readonly paddedBytes: number;
  readonly recordBytes: number;
  /** Bytes of content or padding in every record but the last. */
  readonly capacity: number;
  readonly records: number;
  /** Header and records. */
  readonly encodedBytes: number;
}

/** The layout of content of `contentBytes`, padded as SPEC F1 says. */
export function layoutOf(contentBytes: number, recordBytes = fileRecordBytes): Layout {
  const capacity = recordBytes - overheadBytes;
  const paddedBytes = paddedLength(contentBytes);
  const records = Math.max(1, Math.ceil(paddedBytes / capacity));
  const encodedBytes = headerBytes + paddedBytes + records * overheadBytes;
  return { contentBytes, paddedBytes, recordBytes, capacity, records, encodedBytes };
}

const lengthOf = ({ paddedBytes, capacity, records }: Layout, record: number): number =>
  record === records - 1 ? paddedBytes - record * capacity : capacity;

/** The content that stands in a record; it may be empty in those that are padding alone. */
export function contentRange(layout: Layout, record: number): { readonly start: number; readonly end: number } {
  const start = Math.min(record * layout.capacity, layout.contentBytes);
  return { start, end: Math.min(start + lengthOf(layout, record), layout.contentBytes) };
}

/** Where a record stands in the encoded file. */
export function recordRange(layout: Layout, record: number): { readonly start: number; readonly end: number } {
  const start = headerBytes + record * layout.recordBytes;
  return { start, end: start + lengthOf(layout, record) + overheadBytes };
}

export { headerBytes };

/**
 * Seal one record. `content` is what `contentRange` names. The delimiter follows the content at once and zeros fill the rest (RFC 8188 §2):
 * a record of padding alone begins with it. `room` is memory of `recordBytes` for that, which may be the content's own.
 */
export async function sealRecord(
  encoding: Encoding,
  layout: Layout,
  record: number,
  content: Uint8Array<ArrayBuffer>,
  room = new ArrayBuffer(layout.recordBytes),
): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new Uint8Array(room, 0, lengthOf(layout, record) + delimiterBytes);
  plain.set(content);
  plain.fill(0, content.length);
  plain[content.length] = record === layout.records - 1 ? 2 : 1;
  const algorithm = { name: 'AES-GCM', iv: nonceOf(encoding, record) };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, encoding.key, plain));
}

/**
 * Open one record and give its content. Fails with `file_damaged` unless it is the record of that number, whole, with just as much content as
 * the layout says, and marked as the last if and only if it is (SPEC F4).
 */
export async function openRecord(
  encoding: Encoding,
  layout: Layout,
  record: number,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { start, end } = recordRange(layout, record);
  if (sealed.length !== end - start) throw damaged();
  const algorithm = { name: 'AES-GCM', iv: nonceOf(encoding, record) };
  let plain: Uint8Array<ArrayBuffer>;
  try {
    plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, encoding.key, sealed));
  } catch {
    throw damaged();
  }
  const content = contentRange(layout, record);
  const length = content.end - content.start;
  const last = record === layout.records - 1;
  if (plain[length] !== (last ? 2 : 1)) throw damaged();
  for (let i = length + 1; i < plain.length; i++) if (plain[i] !== 0) throw damaged();
  return plain.subarray(0, length);
}
