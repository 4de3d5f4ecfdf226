import type { Bytes } from '../codec/bytes.ts';
import { concatBytes } from '../codec/bytes.ts';
import { Writer } from '../codec/writer.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import type { AuthenticatedContent } from '../messages/framed-content.ts';

/** The confirmed transcript hash after a commit (RFC 9420 §8.2). */
export function confirmedTranscriptHash(
  hash: Hash,
  interimBefore: Bytes,
  { wireFormat, framedBytes, signature }: Pick<AuthenticatedContent, 'wireFormat' | 'framedBytes' | 'signature'>,
): Bytes {
  const input = new Writer(interimBefore.length + framedBytes.length + signature.length + 8).fixed(interimBefore);
  return hash.digest(input.uint16(wireFormat).fixed(framedBytes).opaque(signature).finish());
}

/** The interim transcript hash, which the next commit continues (RFC 9420 §8.2). */
export function interimTranscriptHash(hash: Hash, confirmed: Bytes, confirmationTag: Bytes): Bytes {
  return hash.digest(concatBytes(confirmed, new Writer(64).opaque(confirmationTag).finish()));
}
