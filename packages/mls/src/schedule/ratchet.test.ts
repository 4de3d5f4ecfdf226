import { describe, expect, it } from 'vitest';
import type { Bytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { suite1 } from '../crypto/suites.ts';
import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import { keyOf, newRatchet, type Ratchet } from './ratchet.ts';

const { aead, hash } = suite1;
const seed = (): Bytes => new Uint8Array(hash.bytes).fill(7);
const isWiped = (bytes: Bytes) => bytes.every((byte) => byte === 0);

/** The suite, and all that it ever derives. */
function watched(): { suite: CipherSuite; derived: Bytes[] } {
  const derived: Bytes[] = [];
  const expand: typeof hash.expand = (...args) => {
    const out = hash.expand(...args);
    derived.push(out);
    return out;
  };
  return { suite: { ...suite1, hash: { ...hash, expand } }, derived };
}

function after(suite: CipherSuite, wanted: readonly number[], keep?: number): Ratchet {
  return wanted.reduce((ratchet, generation) => keyOf(suite, ratchet, generation, keep).ratchet, newRatchet(seed()));
}

describe('skipped keys', () => {
  it('where none are kept, none are even derived, and the secrets passed over are wiped', () => {
    const { suite, derived } = watched();
    const { ratchet, messageKey } = keyOf(suite, newRatchet(seed()), 20, 0);
    expect(ratchet).toMatchObject({ generation: 21, skipped: new Map() });
    expect(derived.filter(({ length }) => length === aead.keyBytes)).toEqual([messageKey.key]);
    expect(derived.filter(({ length }) => length === aead.nonceBytes)).toEqual([messageKey.nonce]);
    const secrets = derived.filter(({ length }) => length === hash.bytes);
    expect(secrets).toHaveLength(21);
    expect(secrets.filter((secret) => !isWiped(secret))).toEqual([ratchet.secret]);
  });

  it.each([0, 1, 5, limits.skippedKeys])('with %i kept, the key of a generation is the same', (keep) => {
    const { messageKey, ratchet } = keyOf(suite1, newRatchet(seed()), 9, keep);
    const oneByOne = keyOf(suite1, after(suite1, [0, 1, 2, 3, 4, 5, 6, 7, 8]), 9);
    expect(messageKey).toEqual(oneByOne.messageKey);
    expect(ratchet.secret).toEqual(oneByOne.ratchet.secret);
    expect([...ratchet.skipped.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].slice(-keep).slice(0, keep));
  });

  it('of a ratchet that holds some, none is given out where none are kept, and the next key drops them', () => {
    const old = after(suite1, [3]);
    expect(old.skipped.size).toBe(3);
    expect(() => keyOf(suite1, old, 1, 0)).toThrow(expect.objectContaining({ code: 'replayed' }));
    expect(() => keyOf(suite1, old, 1, 0)).toThrow(MlsError);
    expect(keyOf(suite1, old, 4, 0).ratchet.skipped.size).toBe(0);
    expect(keyOf(suite1, old, 4).ratchet.skipped.size).toBe(3);
    // The given ratchet is as it was.
    expect(keyOf(suite1, old, 1).messageKey).toEqual(keyOf(suite1, newRatchet(seed()), 1).messageKey);
  });

  it('are never more than the limit', () => {
    const ratchet = after(suite1, [limits.skippedKeys + 5], Number.MAX_SAFE_INTEGER);
    expect(ratchet.skipped.size).toBe(limits.skippedKeys);
  });
});
