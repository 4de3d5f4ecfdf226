import type { LeafNode } from 'ts-mls/leafNode.js';
import { suiteName } from './cipher-suite.ts';
import { basicIdentity } from './client-config.ts';
import { MlsError, type MlsErrorCode } from './errors.ts';

const publicKeyBytes = 32;

/**
 * What a leaf must be before it may enter a tree, whichever way it comes (RFC 9420 §7.3). Returns the identity.
 */
export function assertAcceptableLeaf(leaf: LeafNode, code: MlsErrorCode): Uint8Array {
  const identity = basicIdentity(leaf.credential);
  if (identity.length === 0) throw new MlsError(code, 'empty identity');
  const { versions, ciphersuites, credentials } = leaf.capabilities;
  if (!versions.includes('mls10') || !ciphersuites.includes(suiteName) || !credentials.includes('basic')) {
    throw new MlsError(code, 'a leaf must be capable of MLS 1.0, cipher suite 1 and basic credentials');
  }
  if (leaf.extensions.length > 0) throw new MlsError(code, 'leaf extensions are not used');
  if (leaf.hpkePublicKey.length !== publicKeyBytes || leaf.signaturePublicKey.length !== publicKeyBytes) {
    throw new MlsError(code, 'public keys have 32 bytes in cipher suite 1');
  }
  return identity;
}
