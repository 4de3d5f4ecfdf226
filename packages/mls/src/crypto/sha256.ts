import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '../codec/bytes.ts';
import type { Hash } from './cipher-suite.ts';

/** SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869), synchronous. */
export const sha256: Hash = {
  kdfId: 0x0001,
  bytes: 32,
  digest: (data) => nobleSha256(data) as Bytes,
  digestLarge: async (data) => new Uint8Array(await crypto.subtle.digest('SHA-256', data)),
  mac: (key, data) => hmac(nobleSha256, key, data) as Bytes,
  extract: (salt, keyMaterial) => extract(nobleSha256, keyMaterial, salt) as Bytes,
  // Without salt the key is as many zeros as the hash has bytes (RFC 5869 §2.2).
  extractLarge: async (keyMaterial) => {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, keyMaterial));
  },
  expand: (pseudorandomKey, info, length) => expand(nobleSha256, pseudorandomKey, info, length) as Bytes,
};
