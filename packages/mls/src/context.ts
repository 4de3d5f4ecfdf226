import type { ClientConfig } from 'ts-mls/clientConfig.js';
import type { CiphersuiteImpl } from 'ts-mls/crypto/ciphersuite.js';
import { copyBytes } from './bytes.ts';
import { makeSuite } from './cipher-suite.ts';
import { makeClientConfig } from './client-config.ts';
import { makeSignature } from './signature.ts';
import type { AuthenticationService, Signer } from './types.ts';

export interface EngineOptions {
  signer: Signer;
  /** The identity of this device's basic credential; unique per device, or a second device is refused as a duplicate. */
  identity: Uint8Array;
  authentication: AuthenticationService;
}

/** What every operation of one engine shares. */
export interface EngineContext {
  suite: CiphersuiteImpl;
  config: ClientConfig;
  identity: Uint8Array;
  signatureKey: Uint8Array;
  /** Stands in for the signing key wherever ts-mls wants private key bytes. */
  handle: Uint8Array;
}

export function makeContext({ signer, identity, authentication }: EngineOptions): EngineContext {
  const handle = crypto.getRandomValues(new Uint8Array(32));
  return {
    suite: makeSuite(makeSignature({ handle, privateKey: signer.privateKey })),
    config: makeClientConfig(authentication),
    identity: copyBytes(identity),
    signatureKey: copyBytes(signer.publicKey),
    handle,
  };
}
