import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import { opaqueBytes, Writer } from '../codec/writer.ts';
import { type Extension, readExtensions, writeExtensions } from './extension.ts';
import { type GroupContext, readGroupContext, writeGroupContext } from './group-context.ts';

/** GroupInfo of RFC 9420 §12.4.3. */
export interface GroupInfo {
  readonly groupContext: GroupContext;
  readonly extensions: readonly Extension[];
  readonly confirmationTag: Bytes;
  /** The leaf index of the member who signed. */
  readonly signer: number;
  readonly signature: Bytes;
  /** GroupInfoTBS: everything but the signature, encoded. */
  readonly signedPart: Bytes;
}

export type GroupInfoContent = Omit<GroupInfo, 'signature' | 'signedPart'>;

export function readGroupInfo(reader: Reader): GroupInfo {
  const start = reader.position;
  const groupContext = readGroupContext(reader);
  const extensions = readExtensions(reader);
  const confirmationTag = reader.opaque();
  const signer = reader.uint32();
  const signedPart = reader.since(start);
  return { groupContext, extensions, confirmationTag, signer, signedPart, signature: reader.opaque() };
}

export function writeGroupInfo(writer: Writer, { signedPart, signature }: GroupInfo): void {
  writer.fixed(signedPart).opaque(signature);
}

/** GroupInfoTBS. */
export function encodeGroupInfoContent(content: GroupInfoContent): Bytes {
  // Nearly all of it is the tree.
  const capacity = content.extensions.reduce((sum, { data }) => sum + opaqueBytes(data.length) + 2, 1024);
  const writer = new Writer(capacity);
  writeGroupContext(writer, content.groupContext);
  writeExtensions(writer, content.extensions);
  return writer.opaque(content.confirmationTag).uint32(content.signer).finish();
}
