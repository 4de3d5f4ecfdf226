import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import type { Aead } from 'ts-mls/crypto/aead.js';
import type { CiphersuiteImpl, CiphersuiteName } from 'ts-mls/crypto/ciphersuite.js';
import { makeHashImpl } from 'ts-mls/crypto/implementation/default/makeHashImpl.js';
import { makeKdfImpl } from 'ts-mls/crypto/implementation/default/makeKdfImpl.js';
import { defaultRng } from 'ts-mls/crypto/implementation/default/rng.js';
import { makeGenericHpke } from 'ts-mls/crypto/implementation/hpke.js';
import type { Signature } from 'ts-mls/crypto/signature.js';
import { toBufferSource } from 'ts-mls/util/byteArray.js';

export const suiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519' satisfies CiphersuiteName;

function parameters(nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv: toBufferSource(nonce), additionalData: toBufferSource(aad) };
}

const importAes = (key: Uint8Array, usage: 'encrypt' | 'decrypt') =>
  crypto.subtle.importKey('raw', toBufferSource(key), 'AES-GCM', false, [usage]);

const aead: Aead = {
  async encrypt(key, nonce, aad, plaintext) {
    const sealed = await crypto.subtle.encrypt(
      parameters(nonce, aad),
      await importAes(key, 'encrypt'),
      toBufferSource(plaintext),
    );
    return new Uint8Array(sealed);
  },
  async decrypt(key, nonce, aad, ciphertext) {
    const opened = await crypto.subtle.decrypt(
      parameters(nonce, aad),
      await importAes(key, 'decrypt'),
      toBufferSource(ciphertext),
    );
    return new Uint8Array(opened);
  },
};

/** Importing a key costs more than verifying with it, and the same members sign again and again. */
const verificationKeys = new Map<string, Promise<CryptoKey>>();

function importVerificationKey(publicKey: Uint8Array): Promise<CryptoKey> {
  const id = publicKey.join();
  const known = verificationKeys.get(id);
  if (known !== undefined) return known;
  const imported = crypto.subtle.importKey('raw', toBufferSource(publicKey), 'Ed25519', false, ['verify']);
  verificationKeys.set(id, imported);
  return imported;
}

/** Ed25519 by WebCrypto with one device's key; the private key bytes that ts-mls passes about are ignored. */
function makeSignature(privateKey: CryptoKey): Signature {
  return {
    async sign(_handle, message) {
      return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, toBufferSource(message)));
    },
    async verify(publicKey, message, signature) {
      const key = await importVerificationKey(publicKey);
      return await crypto.subtle.verify('Ed25519', key, toBufferSource(signature), toBufferSource(message));
    },
    keygen: () => Promise.reject(new Error('the signing key is made elsewhere')),
  };
}

/**
 * Suite 1 put together by hand from WebCrypto and @hpke/core, as Undertone used to: ts-mls' own provider reaches dynamic
 * imports of packages that are not installed, and verifies Ed25519 eight times slower, in JavaScript.
 */
export async function makeSuite(privateKey: CryptoKey): Promise<CiphersuiteImpl> {
  const cipherSuite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });
  const algorithm = { kem: 'DHKEM-X25519-HKDF-SHA256', kdf: 'HKDF-SHA256', aead: 'AES128GCM' } as const;
  return {
    name: suiteName,
    kdf: makeKdfImpl(new HkdfSha256()),
    hash: makeHashImpl(crypto.subtle, 'SHA-256'),
    hpke: await makeGenericHpke(algorithm, aead, cipherSuite),
    rng: defaultRng,
    signature: makeSignature(privateKey),
  };
}
