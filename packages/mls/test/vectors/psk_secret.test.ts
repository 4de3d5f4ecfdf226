import { describe, expect, it } from 'vitest';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { pskTypes } from '../../src/messages/numbers.ts';
import { pskSecretOf } from '../../src/schedule/psk-secret.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly psks: { psk_id: string; psk: string; psk_nonce: string }[];
  readonly psk_secret: string;
}

describe('psk_secret', () => {
  it.each(loadVectors<Vector>('psk_secret.json'))('case %i', (_, { cipher_suite, psks, psk_secret }) => {
    const given = psks.map(({ psk_id, psk, psk_nonce }) => ({
      id: { type: pskTypes.external, id: fromHex(psk_id), nonce: fromHex(psk_nonce) },
      secret: fromHex(psk),
    }));
    expect(toHex(pskSecretOf(cipherSuite(cipher_suite).hash, given))).toBe(psk_secret);
  });
});
