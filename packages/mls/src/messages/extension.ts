import { type Bytes, equalBytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import { decode } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { encode } from '../codec/writer.ts';
import { type Credential, readCredential, writeCredential } from './credential.ts';
import { extensionTypes } from './numbers.ts';

/** Extension of RFC 9420 §13. */
export interface Extension {
  readonly type: number;
  readonly data: Bytes;
}

export function readExtension(reader: Reader): Extension {
  return { type: reader.uint16(), data: reader.opaque() };
}

export function writeExtension(writer: Writer, { type, data }: Extension): void {
  writer.uint16(type).opaque(data);
}

export function readExtensions(reader: Reader): Extension[] {
  return reader.vector(readExtension);
}

export function writeExtensions(writer: Writer, extensions: readonly Extension[]): void {
  writer.vector(extensions, writeExtension);
}

/** The data of the extension of this type. */
export function findExtension(extensions: readonly Extension[], type: number): Bytes | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}

/** Whether each type occurs once at most (RFC 9420 §13.4). */
export function extensionTypesAreUnique(extensions: readonly Extension[]): boolean {
  return new Set(extensions.map(({ type }) => type)).size === extensions.length;
}

export function sameExtensions(a: readonly Extension[], b: readonly Extension[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ type, data }, i) => type === b[i]?.type && b[i] !== undefined && equalBytes(data, b[i].data))
  );
}

/** RequiredCapabilities of RFC 9420 §11.1. */
export interface RequiredCapabilities {
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

export const nothingRequired: RequiredCapabilities = { extensions: [], proposals: [], credentials: [] };

const readType = (reader: Reader) => reader.uint16();
const writeType = (writer: Writer, type: number) => void writer.uint16(type);

export function requiredCapabilitiesOf(extensions: readonly Extension[]): RequiredCapabilities {
  const data = findExtension(extensions, extensionTypes.requiredCapabilities);
  if (data === undefined) return nothingRequired;
  return decode(data, (reader) => ({
    extensions: reader.vector(readType),
    proposals: reader.vector(readType),
    credentials: reader.vector(readType),
  }));
}

export function requiredCapabilitiesExtension(required: RequiredCapabilities): Extension {
  const data = encode(required, (writer, { extensions, proposals, credentials }) => {
    writer.vector(extensions, writeType).vector(proposals, writeType).vector(credentials, writeType);
  });
  return { type: extensionTypes.requiredCapabilities, data };
}

/** ExternalSender of RFC 9420 §12.1.8.1. */
export interface ExternalSender {
  readonly signatureKey: Bytes;
  readonly credential: Credential;
}

export function externalSendersOf(extensions: readonly Extension[]): ExternalSender[] {
  const data = findExtension(extensions, extensionTypes.externalSenders);
  if (data === undefined) return [];
  return decode(data, (reader) =>
    reader.vector((item) => ({ signatureKey: item.opaque(), credential: readCredential(item) })),
  );
}

export function externalSendersExtension(senders: readonly ExternalSender[]): Extension {
  const data = encode(senders, (writer) => {
    writer.vector(senders, (item, { signatureKey, credential }) => {
      item.opaque(signatureKey);
      writeCredential(item, credential);
    });
  });
  return { type: extensionTypes.externalSenders, data };
}

/** ExternalPub of RFC 9420 §12.4.3.2: the key to which an external commit encapsulates the next init secret. */
export function externalPubOf(extensions: readonly Extension[]): Bytes | undefined {
  const data = findExtension(extensions, extensionTypes.externalPub);
  return data === undefined ? undefined : decode(data, (reader) => reader.opaque());
}

export function externalPubExtension(publicKey: Bytes): Extension {
  return { type: extensionTypes.externalPub, data: encode(publicKey, (writer, key) => void writer.opaque(key)) };
}
