import { HkdfSha256 } from '@hpke/core';
import type { CiphersuiteImpl, CiphersuiteName } from 'ts-mls/crypto/ciphersuite.js';
import { makeHashImpl } from 'ts-mls/crypto/implementation/default/makeHashImpl.js';
import { makeKdfImpl } from 'ts-mls/crypto/implementation/default/makeKdfImpl.js';
import { defaultRng } from 'ts-mls/crypto/implementation/default/rng.js';
import type { Signature } from 'ts-mls/crypto/signature.js';
import { suite1Hpke } from './hpke.ts';

/** Suite 1 of RFC 9420 §17.1, the only one spoken here. */
export const suiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519' satisfies CiphersuiteName;

const kdf = makeKdfImpl(new HkdfSha256());
const hash = makeHashImpl(crypto.subtle, 'SHA-256');

/**
 * Suite 1 from its parts. ts-mls' own provider chooses among nineteen suites at run time, and so drags the dynamic imports
 * of packages that are not installed into every bundle; its index does the same. Hence the imports by subpath everywhere.
 */
export function makeSuite(signature: Signature): CiphersuiteImpl {
  return { kdf, hash, hpke: suite1Hpke, rng: defaultRng, signature, name: suiteName };
}
