import { type Bytes, copyBytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { credentialTypes } from './numbers.ts';

/**
 * Credential of RFC 9420 §5.3. `content` is what stands in the vector that follows the type: of a basic credential the
 * identity, of an X.509 one the certificates, each with its length. Credentials of other types have one vector too.
 */
export interface Credential {
  readonly type: number;
  readonly content: Bytes;
}

export function basicCredential(identity: Uint8Array): Credential {
  return { type: credentialTypes.basic, content: copyBytes(identity) };
}

export function readCredential(reader: Reader): Credential {
  return { type: reader.uint16(), content: reader.opaque() };
}

export function writeCredential(writer: Writer, { type, content }: Credential): void {
  writer.uint16(type).opaque(content);
}
