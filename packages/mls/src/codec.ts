import type { Decoder } from 'ts-mls/codec/tlsDecoder.js';
import type { Encoder } from 'ts-mls/codec/tlsEncoder.js';
import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from 'ts-mls/message.js';
import type { WireformatName } from 'ts-mls/wireformat.js';
import { bytesEqual, copyBytes } from './bytes.ts';
import { MlsError } from './errors.ts';

/** Beyond what a full group's GroupInfo takes. Bounds the work that unauthenticated bytes can cause. */
const maxMessageBytes = 4 * 1024 * 1024;

/**
 * Decodes the whole of `bytes`, and only its canonical encoding. ts-mls reads some things leniently (any presence octet but 1
 * as absent, long forms of lengths, bytes after the end) and verifies signatures over its own re-encoding, so that a changed
 * message would pass for the original. The result shares no memory with `bytes`.
 */
export function decodeExactly<T>(
  bytes: Uint8Array,
  decode: Decoder<T>,
  encode: Encoder<T>,
  maxBytes = maxMessageBytes,
): T {
  if (!(bytes instanceof Uint8Array)) throw new MlsError('misuse', 'expected bytes');
  if (bytes.length > maxBytes) throw new MlsError('malformed', `larger than ${maxBytes} bytes`);
  const owned = copyBytes(bytes);
  let decoded: [T, number] | undefined;
  let canonical = false;
  try {
    decoded = decode(owned, 0);
    canonical = decoded !== undefined && bytesEqual(encode(decoded[0]), owned);
  } catch (cause) {
    throw new MlsError('malformed', 'not decodable', { cause });
  }
  if (decoded === undefined || !canonical) throw new MlsError('malformed', 'not a canonical encoding');
  return decoded[0];
}

/** Any MLSMessage (RFC 9420 §6) of the one expected wire format. */
export function decodeMessage<W extends WireformatName>(bytes: Uint8Array, wireformat: W) {
  const message = decodeExactly(bytes, decodeMlsMessage, encodeMlsMessage);
  if (message.wireformat !== wireformat) {
    throw new MlsError('unexpected_content', `expected ${wireformat}, got ${message.wireformat}`);
  }
  return message as Extract<MLSMessage, { wireformat: W }>;
}
