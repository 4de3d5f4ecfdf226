import type { Bytes } from '../codec/bytes.ts';
import { bytesKey } from '../codec/bytes.ts';
import type { SignatureScheme } from './cipher-suite.ts';

const publicKeyBytes = 32;
const signatureBytes = 64;

/** Importing a key costs about as much as verifying with it, and the same members sign again and again. */
const maxImportedKeys = 1024;
const importedKeys = new Map<string, Promise<CryptoKey>>();

function importKey(publicKey: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
}

function rememberedKey(publicKey: Bytes): Promise<CryptoKey> {
  const id = bytesKey(publicKey);
  const known = importedKeys.get(id);
  if (known !== undefined) return known;
  const imported = importKey(publicKey);
  if (importedKeys.size >= maxImportedKeys) {
    const oldest = importedKeys.keys().next();
    if (!oldest.done) importedKeys.delete(oldest.value);
  }
  importedKeys.set(id, imported);
  return imported;
}

async function verifyWith(
  keyOf: (publicKey: Bytes) => Promise<CryptoKey>,
  publicKey: Bytes,
  data: Bytes,
  signature: Bytes,
): Promise<boolean> {
  if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
  try {
    return await crypto.subtle.verify('Ed25519', await keyOf(publicKey), signature, data);
  } catch {
    return false; // not a point of the curve
  }
}

/** Ed25519 (RFC 8032) by WebCrypto. Private keys are handles; they need not be extractable. */
export const ed25519: SignatureScheme = {
  publicKeyBytes,
  signatureBytes,

  async generateKeyPair(extractable) {
    const pair = (await crypto.subtle.generateKey('Ed25519', extractable, ['sign', 'verify'])) as CryptoKeyPair;
    return {
      publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
      privateKey: pair.privateKey,
    };
  },

  async sign(privateKey, data) {
    return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, data));
  },

  verify: (publicKey, data, signature) => verifyWith(rememberedKey, publicKey, data, signature),
  verifyOnce: (publicKey, data, signature) => verifyWith(importKey, publicKey, data, signature),
};
