import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import {
  type AuthenticatedContent,
  readContentAuthentication,
  readFramedContent,
  writeContentAuthentication,
} from './framed-content.ts';
import { senderTypes, wireFormats } from './numbers.ts';

/** PublicMessage of RFC 9420 §6.2. Only members have the membership tag. */
export interface PublicMessage {
  readonly content: AuthenticatedContent;
  readonly membershipTag: Bytes | undefined;
}

export function readPublicMessage(reader: Reader): PublicMessage {
  const start = reader.position;
  const framed = readFramedContent(reader);
  const framedBytes = reader.since(start);
  const authentication = readContentAuthentication(reader, framed.content.type);
  return {
    content: { wireFormat: wireFormats.publicMessage, framed, framedBytes, ...authentication },
    membershipTag: framed.sender.type === senderTypes.member ? reader.opaque() : undefined,
  };
}

export function writePublicMessage(writer: Writer, { content, membershipTag }: PublicMessage): void {
  writer.fixed(content.framedBytes);
  writeContentAuthentication(writer, content);
  if (membershipTag !== undefined) writer.opaque(membershipTag);
}
