import type { Bytes } from '../codec/bytes.ts';
import { Writer } from '../codec/writer.ts';
import type { Hash } from '../crypto/cipher-suite.ts';
import { expandWithLabel } from '../crypto/labels.ts';
import { type PskId, writePskId } from '../messages/psk-id.ts';
import { zeroSecret } from './key-schedule.ts';

export interface Psk {
  readonly id: PskId;
  readonly secret: Bytes;
}

/** PSKLabel of RFC 9420 §8.4. */
function pskLabel(id: PskId, index: number, count: number): Bytes {
  const writer = new Writer();
  writePskId(writer, id);
  return writer.uint16(index).uint16(count).finish();
}

/** The one secret that stands for all PSKs of a commit (RFC 9420 §8.4). */
export function pskSecretOf(hash: Hash, psks: readonly Psk[]): Bytes {
  let secret = zeroSecret(hash);
  for (const [index, psk] of psks.entries()) {
    const extracted = hash.extract(zeroSecret(hash), psk.secret);
    const label = pskLabel(psk.id, index, psks.length);
    const input = expandWithLabel(hash, extracted, 'derived psk', label, hash.bytes);
    const next = hash.extract(input, secret);
    extracted.fill(0);
    input.fill(0);
    secret.fill(0);
    secret = next;
  }
  return secret;
}
