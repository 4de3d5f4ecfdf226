import type { Bytes } from '../codec/bytes.ts';
import type { Aead } from './cipher-suite.ts';

function parameters(nonce: Bytes, associatedData: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: associatedData };
}

/** AEAD_AES_128_GCM (RFC 5116 §5.1) by WebCrypto. */
export const aes128Gcm: Aead = {
  id: 0x0001,
  keyBytes: 16,
  nonceBytes: 12,
  tagBytes: 16,

  async seal(key, nonce, associatedData, plaintext) {
    const handle = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
    return new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, associatedData), handle, plaintext));
  },

  async open(key, nonce, associatedData, ciphertext) {
    const handle = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, associatedData), handle, ciphertext));
    } catch {
      return undefined; // WebCrypto's only answer to a wrong tag
    }
  },
};
