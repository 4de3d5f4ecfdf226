import { guarded } from './errors.ts';
import type { Signer } from './types.ts';

/** A new Ed25519 signing key. Extractable only where a store cannot hold a CryptoKey (the terminal client's file vault). */
export async function generateSigner(extractable = false): Promise<Signer> {
  return guarded('internal', async () => {
    const pair = (await crypto.subtle.generateKey('Ed25519', extractable, ['sign', 'verify'])) as CryptoKeyPair;
    return {
      publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
      privateKey: pair.privateKey,
    };
  });
}
