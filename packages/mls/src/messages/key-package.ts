import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { type Extension, readExtensions, writeExtensions } from './extension.ts';
import { type LeafNode, readLeafNode, writeLeafNode } from './leaf-node.ts';

/** KeyPackage of RFC 9420 §10. */
export interface KeyPackage {
  readonly version: number;
  readonly cipherSuite: number;
  readonly initKey: Bytes;
  readonly leafNode: LeafNode;
  readonly extensions: readonly Extension[];
  readonly signature: Bytes;
  /** Encoded. */
  readonly bytes: Bytes;
  /** KeyPackageTBS: `bytes` without the signature. */
  readonly signedPart: Bytes;
}

export function readKeyPackage(reader: Reader): KeyPackage {
  const start = reader.position;
  const version = reader.uint16();
  const cipherSuite = reader.uint16();
  const initKey = reader.opaque();
  const leafNode = readLeafNode(reader);
  const extensions = readExtensions(reader);
  const signedPart = reader.since(start);
  const signature = reader.opaque();
  return { version, cipherSuite, initKey, leafNode, extensions, signature, signedPart, bytes: reader.since(start) };
}

export function writeKeyPackage(writer: Writer, keyPackage: KeyPackage): void {
  writer.fixed(keyPackage.bytes);
}

export type KeyPackageContent = Pick<KeyPackage, 'version' | 'cipherSuite' | 'initKey' | 'leafNode' | 'extensions'>;

/** KeyPackageTBS. */
export function encodeKeyPackageContent(content: KeyPackageContent): Bytes {
  const writer = new Writer().uint16(content.version).uint16(content.cipherSuite).opaque(content.initKey);
  writeLeafNode(writer, content.leafNode);
  writeExtensions(writer, content.extensions);
  return writer.finish();
}

export function makeKeyPackage(content: KeyPackageContent, signedPart: Bytes, signature: Bytes): KeyPackage {
  const bytes = new Writer(signedPart.length + signature.length + 4).fixed(signedPart).opaque(signature).finish();
  return { ...content, signature, signedPart, bytes };
}
