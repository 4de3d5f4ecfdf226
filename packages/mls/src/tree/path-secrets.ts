import type { Bytes } from '../codec/bytes.ts';
import type { CipherSuite, KeyPair } from '../crypto/cipher-suite.ts';
import { deriveSecret } from '../crypto/labels.ts';

/** The secrets of a path from some node to the root (RFC 9420 §7.4). */
export interface PathSecrets {
  /** One per node, from below. */
  readonly pathSecrets: readonly Bytes[];
  readonly keyPairs: readonly KeyPair[];
  /** What follows the root's. */
  readonly commitSecret: Bytes;
}

/** Derives `count` nodes' secrets from the first (RFC 9420 §7.4). `first` is among the results. */
export async function derivePathSecrets(suite: CipherSuite, first: Bytes, count: number): Promise<PathSecrets> {
  const { hash, kem } = suite;
  const pathSecrets: Bytes[] = [];
  let next = first;
  for (let i = 0; i < count; i++) {
    pathSecrets.push(next);
    next = deriveSecret(hash, next, 'path');
  }
  const keyPairs = await Promise.all(
    pathSecrets.map(async (pathSecret) => {
      const nodeSecret = deriveSecret(hash, pathSecret, 'node');
      const keyPair = await kem.deriveKeyPair(nodeSecret);
      nodeSecret.fill(0);
      return keyPair;
    }),
  );
  return { pathSecrets, keyPairs, commitSecret: next };
}
