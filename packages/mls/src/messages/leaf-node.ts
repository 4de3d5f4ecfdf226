import { type Bytes, noBytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import { opaqueBytes, Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { type Credential, readCredential, writeCredential } from './credential.ts';
import { type Extension, readExtensions, writeExtensions } from './extension.ts';
import { leafNodeSources } from './numbers.ts';

/** Capabilities of RFC 9420 §7.2, as numbers of their registries. Unknown ones are kept. */
export interface Capabilities {
  readonly versions: readonly number[];
  readonly cipherSuites: readonly number[];
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

/** Seconds since 1970. */
export interface Lifetime {
  readonly notBefore: bigint;
  readonly notAfter: bigint;
}

export type LeafNodeSource =
  | { readonly type: typeof leafNodeSources.keyPackage; readonly lifetime: Lifetime }
  | { readonly type: typeof leafNodeSources.update }
  | { readonly type: typeof leafNodeSources.commit; readonly parentHash: Bytes };

/** LeafNode of RFC 9420 §7.2, without its signature. */
export interface LeafNodeContent {
  readonly encryptionKey: Bytes;
  readonly signatureKey: Bytes;
  readonly credential: Credential;
  readonly capabilities: Capabilities;
  readonly source: LeafNodeSource;
  readonly extensions: readonly Extension[];
}

/** LeafNode of RFC 9420 §7.2. Never changed: tree hashes and verifications are remembered by the object. */
export interface LeafNode extends LeafNodeContent {
  readonly signature: Bytes;
  /** Encoded. */
  readonly bytes: Bytes;
  /** The part of `bytes` in front of the signature: the beginning of LeafNodeTBS. */
  readonly signedPart: Bytes;
}

const readNumber = (reader: Reader) => reader.uint16();
const writeNumber = (writer: Writer, value: number) => void writer.uint16(value);

function readCapabilities(reader: Reader): Capabilities {
  return {
    versions: reader.vector(readNumber),
    cipherSuites: reader.vector(readNumber),
    extensions: reader.vector(readNumber),
    proposals: reader.vector(readNumber),
    credentials: reader.vector(readNumber),
  };
}

function writeCapabilities(writer: Writer, capabilities: Capabilities): void {
  writer
    .vector(capabilities.versions, writeNumber)
    .vector(capabilities.cipherSuites, writeNumber)
    .vector(capabilities.extensions, writeNumber)
    .vector(capabilities.proposals, writeNumber)
    .vector(capabilities.credentials, writeNumber);
}

function readSource(reader: Reader): LeafNodeSource {
  const type = reader.uint8();
  switch (type) {
    case leafNodeSources.keyPackage:
      return { type, lifetime: { notBefore: reader.uint64(), notAfter: reader.uint64() } };
    case leafNodeSources.update:
      return { type };
    case leafNodeSources.commit:
      return { type, parentHash: reader.opaque() };
    default:
      throw new MlsError('malformed', 'a leaf node of unknown source');
  }
}

function writeSource(writer: Writer, source: LeafNodeSource): void {
  writer.uint8(source.type);
  if (source.type === leafNodeSources.keyPackage) {
    writer.uint64(source.lifetime.notBefore).uint64(source.lifetime.notAfter);
  } else if (source.type === leafNodeSources.commit) writer.opaque(source.parentHash);
}

export function readLeafNode(reader: Reader): LeafNode {
  const start = reader.position;
  const content: LeafNodeContent = {
    encryptionKey: reader.opaque(),
    signatureKey: reader.opaque(),
    credential: readCredential(reader),
    capabilities: readCapabilities(reader),
    source: readSource(reader),
    extensions: readExtensions(reader),
  };
  const signedPart = reader.since(start);
  return { ...content, signedPart, signature: reader.opaque(), bytes: reader.since(start) };
}

export function writeLeafNode(writer: Writer, leaf: LeafNode): void {
  writer.fixed(leaf.bytes);
}

/** The first part of LeafNodeTBS. */
export function encodeLeafNodeContent(content: LeafNodeContent): Bytes {
  const writer = new Writer().opaque(content.encryptionKey).opaque(content.signatureKey);
  writeCredential(writer, content.credential);
  writeCapabilities(writer, content.capabilities);
  writeSource(writer, content.source);
  writeExtensions(writer, content.extensions);
  return writer.finish();
}

export function makeLeafNode(content: LeafNodeContent, signedPart: Bytes, signature: Bytes): LeafNode {
  const bytes = new Writer(signedPart.length + signature.length + 4).fixed(signedPart).opaque(signature).finish();
  return { ...content, signedPart, signature, bytes };
}

/** Where a leaf stands: part of what its signature covers, unless it comes from a key package. */
export interface LeafPosition {
  readonly groupId: Bytes;
  readonly leafIndex: number;
}

/** LeafNodeTBS of RFC 9420 §7.2. */
export function leafNodeToBeSigned(
  sourceType: LeafNodeSource['type'],
  signedPart: Bytes,
  { groupId, leafIndex }: LeafPosition,
): Bytes {
  if (sourceType === leafNodeSources.keyPackage) return signedPart;
  return new Writer(signedPart.length + opaqueBytes(groupId.length) + 4)
    .fixed(signedPart)
    .opaque(groupId)
    .uint32(leafIndex)
    .finish();
}

/** For LeafNodeTBS of key packages, which have no position. */
export const noPosition: LeafPosition = { groupId: noBytes, leafIndex: 0 };
