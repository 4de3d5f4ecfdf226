import { type Bytes, copyBytes } from '../codec/bytes.ts';
import { decode, type Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type GroupInfo, readGroupInfo, writeGroupInfo } from './group-info.ts';
import { type KeyPackage, readKeyPackage, writeKeyPackage } from './key-package.ts';
import { mls10, wireFormats } from './numbers.ts';
import { type PrivateMessage, readPrivateMessage, writePrivateMessage } from './private-message.ts';
import { type PublicMessage, readPublicMessage, writePublicMessage } from './public-message.ts';
import { readWelcome, type Welcome, writeWelcome } from './welcome.ts';

/** MLSMessage of RFC 9420 §6. */
export type MlsMessage =
  | { readonly wireFormat: typeof wireFormats.publicMessage; readonly publicMessage: PublicMessage }
  | { readonly wireFormat: typeof wireFormats.privateMessage; readonly privateMessage: PrivateMessage }
  | { readonly wireFormat: typeof wireFormats.welcome; readonly welcome: Welcome }
  | { readonly wireFormat: typeof wireFormats.groupInfo; readonly groupInfo: GroupInfo }
  | { readonly wireFormat: typeof wireFormats.keyPackage; readonly keyPackage: KeyPackage };

export function readMlsMessage(reader: Reader): MlsMessage {
  if (reader.uint16() !== mls10) throw new MlsError('malformed', 'not of MLS 1.0');
  const wireFormat = reader.uint16();
  switch (wireFormat) {
    case wireFormats.publicMessage:
      return { wireFormat, publicMessage: readPublicMessage(reader) };
    case wireFormats.privateMessage:
      return { wireFormat, privateMessage: readPrivateMessage(reader) };
    case wireFormats.welcome:
      return { wireFormat, welcome: readWelcome(reader) };
    case wireFormats.groupInfo:
      return { wireFormat, groupInfo: readGroupInfo(reader) };
    case wireFormats.keyPackage:
      return { wireFormat, keyPackage: readKeyPackage(reader) };
    default:
      throw new MlsError('malformed', 'a message of unknown wire format');
  }
}

export function writeMlsMessage(writer: Writer, message: MlsMessage): void {
  writer.uint16(mls10).uint16(message.wireFormat);
  switch (message.wireFormat) {
    case wireFormats.publicMessage:
      writePublicMessage(writer, message.publicMessage);
      return;
    case wireFormats.privateMessage:
      writePrivateMessage(writer, message.privateMessage);
      return;
    case wireFormats.welcome:
      writeWelcome(writer, message.welcome);
      return;
    case wireFormats.groupInfo:
      writeGroupInfo(writer, message.groupInfo);
      return;
    case wireFormats.keyPackage:
      writeKeyPackage(writer, message.keyPackage);
      return;
  }
}

/** Decodes a message that came from outside. The result shares no memory with `bytes`. */
export function decodeMlsMessage(bytes: Uint8Array): MlsMessage {
  if (!(bytes instanceof Uint8Array)) throw new MlsError('misuse', 'not bytes');
  if (bytes.length > limits.messageBytes) throw new MlsError('malformed', 'too large');
  return decode(copyBytes(bytes), readMlsMessage);
}

export function encodeMlsMessage(message: MlsMessage): Bytes {
  const writer = new Writer(
    message.wireFormat === wireFormats.groupInfo ? message.groupInfo.signedPart.length + 128 : 1024,
  );
  writeMlsMessage(writer, message);
  return writer.finish();
}
