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

function messageKeyAt({ hash, aead }: CipherSuite, secret: Bytes, generation: number): MessageKey {
  return {
    key: deriveTreeSecret(hash, secret, 'key', generation, aead.keyBytes),
    nonce: deriveTreeSecret(hash, secret, 'nonce', generation, aead.nonceBytes),
  };
}

function secretAfter({ hash }: CipherSuite, secret: Bytes, generation: number): Bytes {
  return deriveTreeSecret(hash, secret, 'secret', generation, hash.bytes);
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
  const messageKey = messageKeyAt(suite, secret, generation);
  const next = secretAfter(suite, secret, generation);
  return { ratchet: { generation: generation + 1, secret: next, skipped }, messageKey, generation };
}

function newest(skipped: Map<number, MessageKey>, count: number): ReadonlyMap<number, MessageKey> {
  const surplus = skipped.size - count;
  if (surplus > 0) for (const generation of [...skipped.keys()].slice(0, surplus)) skipped.delete(generation);
  return skipped;
}

/**
 * The key of one generation, once (RFC 9420 §9.2). `keep`: how many keys of skipped generations the ratchet holds at most; with 0 no
 * such key is even derived, and none that the ratchet still holds is given out.
 */
export function keyOf(
  suite: CipherSuite,
  ratchet: Ratchet,
  wanted: number,
  keep: number = limits.skippedKeys,
): RatchetUse {
  const kept = Math.min(keep, limits.skippedKeys);
  if (wanted < ratchet.generation) {
    const messageKey = kept > 0 ? ratchet.skipped.get(wanted) : undefined;
    if (messageKey === undefined)
      throw new MlsError('replayed', 'the key of this message is gone: used, or passed over');
    const skipped = new Map(ratchet.skipped);
    skipped.delete(wanted);
    return { ratchet: { ...ratchet, skipped }, messageKey };
  }
  if (wanted - ratchet.generation > limits.generationsAhead) {
    throw new MlsError('too_far_ahead', 'too many messages of this sender are missing');
  }
  const skipped = new Map(ratchet.skipped);
  let { secret } = ratchet;
  const advance = (generation: number): void => {
    const next = secretAfter(suite, secret, generation);
    if (secret !== ratchet.secret) secret.fill(0);
    secret = next;
  };
  for (let generation = ratchet.generation; generation < wanted; generation++) {
    if (wanted - generation <= kept) skipped.set(generation, messageKeyAt(suite, secret, generation));
    advance(generation);
  }
  const messageKey = messageKeyAt(suite, secret, wanted);
  advance(wanted);
  return { ratchet: { generation: wanted + 1, secret, skipped: newest(skipped, kept) }, messageKey };
}

/** The ratchet without the keys of skipped generations; itself if it has none. */
export function withoutSkippedKeys(ratchet: Ratchet): Ratchet {
  return ratchet.skipped.size === 0 ? ratchet : { ...ratchet, skipped: new Map() };
}
