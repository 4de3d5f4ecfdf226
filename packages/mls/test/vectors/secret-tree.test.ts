import { describe, expect, it } from 'vitest';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { senderDataKey } from '../../src/framing/private-content.ts';
import { keyOf, nextKey, type Ratchet } from '../../src/schedule/ratchet.ts';
import { beginSecretLeaf, newSecretTree, secretLeafAt } from '../../src/schedule/secret-tree.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Generation {
  readonly generation: number;
  readonly handshake_key: string;
  readonly handshake_nonce: string;
  readonly application_key: string;
  readonly application_nonce: string;
}

interface Vector extends SuiteVector {
  readonly sender_data: { sender_data_secret: string; ciphertext: string; key: string; nonce: string };
  readonly encryption_secret: string;
  readonly leaves: Generation[][];
}

describe.each(loadVectors<Vector>('secret-tree.json'))('secret-tree case %i', (_, vector) => {
  const suite = cipherSuite(vector.cipher_suite);

  it('sender data', () => {
    const { sender_data_secret, ciphertext, key, nonce } = vector.sender_data;
    const derived = senderDataKey(suite, fromHex(sender_data_secret), fromHex(ciphertext));
    expect(toHex(derived.key)).toBe(key);
    expect(toHex(derived.nonce)).toBe(nonce);
  });

  const expected = vector.leaves.map((generations) =>
    generations.flatMap((of) => [
      [of.generation, of.handshake_key, of.handshake_nonce],
      [of.generation, of.application_key, of.application_nonce],
    ]),
  );
  // The leaves of a ratchet tree are a power of two; the vectors' are.
  const leafCount = vector.leaves.length;

  it('keys asked for in order, one tree after the other', () => {
    let tree = newSecretTree(fromHex(vector.encryption_secret));
    for (const [leafIndex, generations] of vector.leaves.entries()) {
      tree = beginSecretLeaf(suite, tree, leafIndex, leafCount);
      let { handshake, application } = secretLeafAt(tree, leafIndex, leafCount);
      const found = generations.flatMap(({ generation }) => {
        const first = keyOf(suite, handshake, generation);
        const second = keyOf(suite, application, generation);
        handshake = first.ratchet;
        application = second.ratchet;
        return [first, second].map(({ messageKey }) => [generation, toHex(messageKey.key), toHex(messageKey.nonce)]);
      });
      expect(found).toEqual(expected[leafIndex]);
    }
  });

  it('keys asked for in reverse come from those that were skipped', () => {
    let tree = newSecretTree(fromHex(vector.encryption_secret));
    for (const [leafIndex, generations] of [...vector.leaves.entries()].reverse()) {
      tree = beginSecretLeaf(suite, tree, leafIndex, leafCount);
      let { handshake } = secretLeafAt(tree, leafIndex, leafCount);
      for (const { generation, handshake_key } of [...generations].reverse()) {
        const used = keyOf(suite, handshake, generation);
        handshake = used.ratchet;
        expect(toHex(used.messageKey.key)).toBe(handshake_key);
      }
    }
  });

  it('a sender takes the same keys', () => {
    const tree = beginSecretLeaf(suite, newSecretTree(fromHex(vector.encryption_secret)), 0, leafCount);
    let ratchet: Ratchet = secretLeafAt(tree, 0, leafCount).application;
    const wanted = new Map(vector.leaves[0]?.map((of) => [of.generation, of.application_key]));
    for (let i = 0; i <= Math.max(...wanted.keys()); i++) {
      const used = nextKey(suite, ratchet);
      ratchet = used.ratchet;
      expect(used.generation).toBe(i);
      if (wanted.has(i)) expect(toHex(used.messageKey.key)).toBe(wanted.get(i));
    }
  });
});
