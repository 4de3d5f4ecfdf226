import type { Signature } from 'ts-mls/crypto/signature.js';
import { toBufferSource } from 'ts-mls/util/byteArray.js';
import { bytesEqual, bytesKey } from './bytes.ts';
import { MlsError } from './errors.ts';

/** Importing a key costs more than verifying with it, and the same members sign again and again. */
const maxImportedKeys = 4096;
const importedKeys = new Map<string, Promise<CryptoKey>>();

function importVerificationKey(publicKey: Uint8Array): Promise<CryptoKey> {
  const id = bytesKey(publicKey);
  const known = importedKeys.get(id);
  if (known !== undefined) return known;
  const imported = crypto.subtle.importKey('raw', toBufferSource(publicKey), 'Ed25519', false, ['verify']);
  if (importedKeys.size >= maxImportedKeys) {
    const oldest = importedKeys.keys().next();
    if (!oldest.done) importedKeys.delete(oldest.value);
  }
  importedKeys.set(id, imported);
  return imported;
}

/**
 * Ed25519 by WebCrypto for ts-mls, which insists on private keys as bytes. The bytes it gets are `handle`, a random name for
 * `privateKey`: the key itself stays inside WebCrypto, so neither a state nor a key package secret can contain it.
 * Without a key, the provider only verifies.
 */
export function makeSignature(own?: { handle: Uint8Array; privateKey: CryptoKey }): Signature {
  return {
    async sign(handle, message) {
      if (own === undefined || !bytesEqual(handle, own.handle)) {
        throw new MlsError('misuse', 'this state or key package belongs to another engine');
      }
      return new Uint8Array(await crypto.subtle.sign('Ed25519', own.privateKey, toBufferSource(message)));
    },
    async verify(publicKey, message, signature) {
      let key: CryptoKey;
      try {
        key = await importVerificationKey(publicKey);
      } catch {
        return false; // not a key at all: nothing verifies under it
      }
      return crypto.subtle.verify('Ed25519', key, toBufferSource(signature), toBufferSource(message));
    },
    async keygen() {
      throw new MlsError('internal', 'signing keys are made by generateSigner');
    },
  };
}
