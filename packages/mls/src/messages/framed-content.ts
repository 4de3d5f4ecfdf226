import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { encode } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { type Commit, readCommit, writeCommit } from './commit.ts';
import { contentTypes, senderTypes } from './numbers.ts';
import { type Proposal, readProposal, writeProposal } from './proposal.ts';

/** Sender of RFC 9420 §6. */
export type Sender =
  | { readonly type: typeof senderTypes.member; readonly leafIndex: number }
  | { readonly type: typeof senderTypes.external; readonly senderIndex: number }
  | { readonly type: typeof senderTypes.newMemberProposal }
  | { readonly type: typeof senderTypes.newMemberCommit };

/** What a frame carries. */
export type Content =
  | { readonly type: typeof contentTypes.application; readonly data: Bytes }
  | { readonly type: typeof contentTypes.proposal; readonly proposal: Proposal }
  | { readonly type: typeof contentTypes.commit; readonly commit: Commit };

/** FramedContent of RFC 9420 §6. */
export interface FramedContent {
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly sender: Sender;
  readonly authenticatedData: Bytes;
  readonly content: Content;
}

/** FramedContentAuthData of RFC 9420 §6.1. The confirmation tag belongs to commits only. */
export interface ContentAuthentication {
  readonly signature: Bytes;
  readonly confirmationTag: Bytes | undefined;
}

/** AuthenticatedContent of RFC 9420 §6, with the encoding of its FramedContent. */
export interface AuthenticatedContent extends ContentAuthentication {
  readonly wireFormat: number;
  readonly framed: FramedContent;
  /** FramedContent, encoded. */
  readonly framedBytes: Bytes;
}

export function readSender(reader: Reader): Sender {
  const type = reader.uint8();
  switch (type) {
    case senderTypes.member:
      return { type, leafIndex: reader.uint32() };
    case senderTypes.external:
      return { type, senderIndex: reader.uint32() };
    case senderTypes.newMemberProposal:
    case senderTypes.newMemberCommit:
      return { type };
    default:
      throw new MlsError('malformed', 'a sender of unknown type');
  }
}

export function writeSender(writer: Writer, sender: Sender): void {
  writer.uint8(sender.type);
  if (sender.type === senderTypes.member) writer.uint32(sender.leafIndex);
  else if (sender.type === senderTypes.external) writer.uint32(sender.senderIndex);
}

/** The content itself, without the type in front: as it stands in FramedContent and in PrivateMessageContent. */
export function readContentBody(reader: Reader, type: number): Content {
  switch (type) {
    case contentTypes.application:
      return { type, data: reader.opaque() };
    case contentTypes.proposal:
      return { type, proposal: readProposal(reader) };
    case contentTypes.commit:
      return { type, commit: readCommit(reader) };
    default:
      throw new MlsError('malformed', 'content of unknown type');
  }
}

export function writeContentBody(writer: Writer, content: Content): void {
  switch (content.type) {
    case contentTypes.application:
      writer.opaque(content.data);
      return;
    case contentTypes.proposal:
      writeProposal(writer, content.proposal);
      return;
    case contentTypes.commit:
      writeCommit(writer, content.commit);
      return;
  }
}

export function readFramedContent(reader: Reader): FramedContent {
  const groupId = reader.opaque();
  const epoch = reader.uint64();
  const sender = readSender(reader);
  const authenticatedData = reader.opaque();
  return { groupId, epoch, sender, authenticatedData, content: readContentBody(reader, reader.uint8()) };
}

export function writeFramedContent(writer: Writer, framed: FramedContent): void {
  writer.opaque(framed.groupId).uint64(framed.epoch);
  writeSender(writer, framed.sender);
  writer.opaque(framed.authenticatedData).uint8(framed.content.type);
  writeContentBody(writer, framed.content);
}

export function readContentAuthentication(reader: Reader, contentType: number): ContentAuthentication {
  const signature = reader.opaque();
  return { signature, confirmationTag: contentType === contentTypes.commit ? reader.opaque() : undefined };
}

export function writeContentAuthentication(
  writer: Writer,
  { signature, confirmationTag }: ContentAuthentication,
): void {
  writer.opaque(signature);
  if (confirmationTag !== undefined) writer.opaque(confirmationTag);
}

export function encodeFramedContent(framed: FramedContent): Bytes {
  return encode(framed, writeFramedContent);
}

export function readAuthenticatedContent(reader: Reader): AuthenticatedContent {
  const wireFormat = reader.uint16();
  const start = reader.position;
  const framed = readFramedContent(reader);
  const framedBytes = reader.since(start);
  return { wireFormat, framed, framedBytes, ...readContentAuthentication(reader, framed.content.type) };
}

export function writeAuthenticatedContent(writer: Writer, content: AuthenticatedContent): void {
  writer.uint16(content.wireFormat).fixed(content.framedBytes);
  writeContentAuthentication(writer, content);
}
