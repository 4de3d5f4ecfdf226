import { MlsError } from '../errors.ts';
import { aes128Gcm } from './aes128-gcm.ts';
import type { CipherSuite } from './cipher-suite.ts';
import { ed25519 } from './ed25519.ts';
import { sha256 } from './sha256.ts';
import { dhkemX25519 } from './x25519.ts';

/** Cipher suite 1 of RFC 9420 §17.1, the one that every implementation must have. */
export const suite1: CipherSuite = {
  id: 0x0001,
  name: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
  hash: sha256,
  kem: dhkemX25519(sha256),
  aead: aes128Gcm,
  signature: ed25519,
};

const suites: ReadonlyMap<number, CipherSuite> = new Map([[suite1.id, suite1]]);

/** The suite with this number. Another suite is another entry. */
export function cipherSuite(id: number): CipherSuite {
  const suite = suites.get(id);
  if (suite === undefined) throw new MlsError('malformed', `cipher suite ${id} is not supported`);
  return suite;
}
