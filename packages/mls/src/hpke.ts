import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import type { Hpke, PrivateKey, PublicKey } from 'ts-mls/crypto/hpke.js';
import { bytesToArrayBuffer, toBufferSource } from 'ts-mls/util/byteArray.js';

const hpke = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const nothing = new Uint8Array();

function aesParameters(nonce: Uint8Array, aad: Uint8Array | undefined): AesGcmParams {
  return { name: 'AES-GCM', iv: toBufferSource(nonce), additionalData: toBufferSource(aad ?? nothing) };
}

/**
 * HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM, and the bare AEAD, in the shape ts-mls asks for.
 * ts-mls has an adaptor of its own for this, but it is made asynchronously, which would cost every caller an await (or this
 * module a top-level one, which a classic worker bundle cannot have).
 */
export const suite1Hpke: Hpke = {
  keyLength: 16,
  nonceLength: 12,

  async seal(publicKey, plaintext, info, aad = nothing) {
    const parameters = { recipientPublicKey: publicKey, info: bytesToArrayBuffer(info) };
    const { ct, enc } = await hpke.seal(parameters, bytesToArrayBuffer(plaintext), bytesToArrayBuffer(aad));
    return { ct: new Uint8Array(ct), enc: new Uint8Array(enc) };
  },
  async open(privateKey, kemOutput, ciphertext, info, aad = nothing) {
    const enc = bytesToArrayBuffer(kemOutput);
    const parameters = { recipientKey: privateKey, enc, info: bytesToArrayBuffer(info) };
    return new Uint8Array(await hpke.open(parameters, bytesToArrayBuffer(ciphertext), bytesToArrayBuffer(aad)));
  },

  async exportSecret(publicKey, exporterContext, length, info) {
    const sender = await hpke.createSenderContext({ recipientPublicKey: publicKey, info: bytesToArrayBuffer(info) });
    const secret = await sender.export(bytesToArrayBuffer(exporterContext), length);
    return { enc: new Uint8Array(sender.enc), secret: new Uint8Array(secret) };
  },
  async importSecret(privateKey, exporterContext, kemOutput, length, info) {
    const enc = bytesToArrayBuffer(kemOutput);
    const parameters = { recipientKey: privateKey, enc, info: bytesToArrayBuffer(info) };
    const recipient = await hpke.createRecipientContext(parameters);
    return new Uint8Array(await recipient.export(bytesToArrayBuffer(exporterContext), length));
  },

  async importPrivateKey(bytes) {
    return (await hpke.kem.deserializePrivateKey(bytesToArrayBuffer(bytes))) as PrivateKey;
  },
  async importPublicKey(bytes) {
    return (await hpke.kem.deserializePublicKey(bytesToArrayBuffer(bytes))) as PublicKey;
  },
  async exportPublicKey(key) {
    return new Uint8Array(await hpke.kem.serializePublicKey(key));
  },
  async exportPrivateKey(key) {
    return new Uint8Array(await hpke.kem.serializePrivateKey(key));
  },
  async deriveKeyPair(ikm) {
    const { privateKey, publicKey } = await hpke.kem.deriveKeyPair(bytesToArrayBuffer(ikm));
    return { privateKey: privateKey as PrivateKey, publicKey: publicKey as PublicKey };
  },
  async generateKeyPair() {
    const { privateKey, publicKey } = await hpke.kem.generateKeyPair();
    return { privateKey: privateKey as PrivateKey, publicKey: publicKey as PublicKey };
  },

  async encryptAead(key, nonce, aad, plaintext) {
    const aesKey = await crypto.subtle.importKey('raw', toBufferSource(key), 'AES-GCM', false, ['encrypt']);
    return new Uint8Array(await crypto.subtle.encrypt(aesParameters(nonce, aad), aesKey, toBufferSource(plaintext)));
  },
  async decryptAead(key, nonce, aad, ciphertext) {
    const aesKey = await crypto.subtle.importKey('raw', toBufferSource(key), 'AES-GCM', false, ['decrypt']);
    return new Uint8Array(await crypto.subtle.decrypt(aesParameters(nonce, aad), aesKey, toBufferSource(ciphertext)));
  },
};

/** The public half of a raw X25519 private key. */
export async function derivePublicKey(privateKeyBytes: Uint8Array): Promise<Uint8Array> {
  const privateKey = await suite1Hpke.importPrivateKey(privateKeyBytes);
  const { x } = await crypto.subtle.exportKey('jwk', privateKey);
  if (x === undefined) throw new TypeError('no public half');
  const binary = atob(x.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
