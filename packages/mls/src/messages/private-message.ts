import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';

/** What of a PrivateMessage is authenticated with the content: PrivateContentAAD of RFC 9420 §6.3.1. */
export interface PrivateMessageHeader {
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly contentType: number;
  readonly authenticatedData: Bytes;
}

/** PrivateMessage of RFC 9420 §6.3. */
export interface PrivateMessage extends PrivateMessageHeader {
  readonly encryptedSenderData: Bytes;
  readonly ciphertext: Bytes;
}

export function readPrivateMessage(reader: Reader): PrivateMessage {
  return {
    groupId: reader.opaque(),
    epoch: reader.uint64(),
    contentType: reader.uint8(),
    authenticatedData: reader.opaque(),
    encryptedSenderData: reader.opaque(),
    ciphertext: reader.opaque(),
  };
}

export function writePrivateMessageHeader(writer: Writer, header: PrivateMessageHeader): void {
  writer.opaque(header.groupId).uint64(header.epoch).uint8(header.contentType).opaque(header.authenticatedData);
}

export function writePrivateMessage(writer: Writer, message: PrivateMessage): void {
  writePrivateMessageHeader(writer, message);
  writer.opaque(message.encryptedSenderData).opaque(message.ciphertext);
}
