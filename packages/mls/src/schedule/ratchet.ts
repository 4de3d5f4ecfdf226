import type { Bytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { deriveTreeSecret } from '../crypto/labels.ts';
import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';

/** For one message. */
export interface MessageKey {
  readonly key: Bytes;
  readonly nonce: Bytes;
}

/** A sender's hash ratchet (RFC 9420 §9.1). Never changed: each step gives another one. */
export interface Ratchet {
  /** Of the next key. */
  readonly generation: number;
  readonly secret: Bytes;
  /** Keys of generations that were passed over and may still arrive, oldest first. */
  readonly skipped: ReadonlyMap<number, MessageKey>;
}

const maxGeneration = 0xffffffff;

export function newRatchet(secret: Bytes): Ratchet {
  return { generation: 0, secret, skipped: new Map() };
}

function step({ hash, aead }: CipherSuite, secret: Bytes, generation: number): { messageKey: MessageKey; next: Bytes } {
  return {
    messageKey: {
      key: deriveTreeSecret(hash, secret, 'key', generation, aead.keyBytes),
      nonce: deriveTreeSecret(hash, secret, 'nonce', generation, aead.nonceBytes),
    },
    next: deriveTreeSecret(hash, secret, 'secret', generation, hash.bytes),
  };
}

/** What using a key leaves behind. */
export interface RatchetUse {
  readonly ratchet: Ratchet;
  readonly messageKey: MessageKey;
}

/** The next key for sending. */
export function nextKey(
  suite: CipherSuite,
  { generation, secret, skipped }: Ratchet,
): RatchetUse & { generation: number } {
  if (generation > maxGeneration) throw new MlsError('misuse', 'this epoch has no more keys: commit first');
  const { messageKey, next } = step(suite, secret, generation);
  return { ratchet: { generation: generation + 1, secret: next, skipped }, messageKey, generation };
}

function keptSkipped(skipped: Map<number, MessageKey>): ReadonlyMap<number, MessageKey> {
  const surplus = skipped.size - limits.skippedKeys;
  if (surplus > 0) for (const generation of [...skipped.keys()].slice(0, surplus)) skipped.delete(generation);
  return skipped;
}

/** The key of one generation, once (RFC 9420 §9.2). */
export function keyOf(suite: CipherSuite, ratchet: Ratchet, wanted: number): RatchetUse {
  if (wanted < ratchet.generation) {
    const messageKey = ratchet.skipped.get(wanted);
    if (messageKey === undefined) throw new MlsError('replayed', 'the key of this message was used already');
    const skipped = new Map(ratchet.skipped);
    skipped.delete(wanted);
    return { ratchet: { ...ratchet, skipped }, messageKey };
  }
  if (wanted - ratchet.generation > limits.generationsAhead) {
    throw new MlsError('too_far_ahead', 'too many messages of this sender are missing');
  }
  const skipped = new Map(ratchet.skipped);
  let { secret } = ratchet;
  for (let generation = ratchet.generation; ; generation++) {
    const { messageKey, next } = step(suite, secret, generation);
    if (secret !== ratchet.secret) secret.fill(0);
    secret = next;
    if (generation === wanted) {
      return { ratchet: { generation: wanted + 1, secret, skipped: keptSkipped(skipped) }, messageKey };
    }
    skipped.set(generation, messageKey);
  }
}
