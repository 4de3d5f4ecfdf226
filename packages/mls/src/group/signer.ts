import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { suite1 } from '../crypto/suites.ts';
import { guarded } from '../errors.ts';
import type { Signer } from './client.ts';

export interface SignerOptions {
  readonly suite?: CipherSuite;
  /** Only where a store cannot hold a CryptoKey. False by default. */
  readonly extractable?: boolean;
}

/** A new signing key. */
export function generateSigner({ suite = suite1, extractable = false }: SignerOptions = {}): Promise<Signer> {
  return guarded(() => suite.signature.generateKeyPair(extractable));
}
