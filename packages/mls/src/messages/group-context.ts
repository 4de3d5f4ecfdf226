import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { encode } from '../codec/writer.ts';
import { type Extension, readExtensions, writeExtensions } from './extension.ts';

/** GroupContext of RFC 9420 §8.1: what all members agree on in an epoch. */
export interface GroupContext {
  readonly version: number;
  readonly cipherSuite: number;
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly treeHash: Bytes;
  readonly confirmedTranscriptHash: Bytes;
  readonly extensions: readonly Extension[];
}

export function readGroupContext(reader: Reader): GroupContext {
  return {
    version: reader.uint16(),
    cipherSuite: reader.uint16(),
    groupId: reader.opaque(),
    epoch: reader.uint64(),
    treeHash: reader.opaque(),
    confirmedTranscriptHash: reader.opaque(),
    extensions: readExtensions(reader),
  };
}

export function writeGroupContext(writer: Writer, context: GroupContext): void {
  writer
    .uint16(context.version)
    .uint16(context.cipherSuite)
    .opaque(context.groupId)
    .uint64(context.epoch)
    .opaque(context.treeHash)
    .opaque(context.confirmedTranscriptHash);
  writeExtensions(writer, context.extensions);
}

export function encodeGroupContext(context: GroupContext): Bytes {
  return encode(context, writeGroupContext);
}
