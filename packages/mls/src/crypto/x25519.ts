import { type Bytes, concatBytes, noBytes, textBytes } from '../codec/bytes.ts';
import type { Hash, Kem, KeyPair } from './cipher-suite.ts';
import { labeledExpand, labeledExtract } from './labeled-hkdf.ts';

const keyBytes = 32;
const sharedBits = 256;
const kemId = 0x0020;
const suiteId = concatBytes(textBytes('KEM'), new Uint8Array([kemId >> 8, kemId & 0xff]));

/** What stands in front of the 32 bytes of an X25519 private key in PKCS #8 (RFC 8410 §7): WebCrypto takes no raw ones. */
const pkcs8Prefix = new Uint8Array([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32]);

/** The u-coordinates of small order, also those not reduced: with them the result is zero, whatever the other key (RFC 7748 §6.1). */
const smallOrder = [
  [0x00, ...new Array(30).fill(0x00), 0x00],
  [0x01, ...new Array(30).fill(0x00), 0x00],
  [0xec, ...new Array(30).fill(0xff), 0x7f],
  [0xed, ...new Array(30).fill(0xff), 0x7f],
  [0xee, ...new Array(30).fill(0xff), 0x7f],
  [0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a].concat([
    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
  ]),
  [0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b].concat([
    0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
  ]),
];

/** X25519 ignores the topmost bit (RFC 7748 §5). */
function isSmallOrder(publicKey: Uint8Array): boolean {
  const last = keyBytes - 1;
  return smallOrder.some((point) =>
    point.every((byte, i) => byte === ((publicKey[i] as number) & (i === last ? 0x7f : 0xff))),
  );
}

async function importPrivateKey(privateKey: Bytes, extractable: boolean): Promise<CryptoKey> {
  const encoded = concatBytes(pkcs8Prefix, privateKey);
  try {
    return await crypto.subtle.importKey('pkcs8', encoded, 'X25519', extractable, ['deriveBits']);
  } finally {
    encoded.fill(0);
  }
}

function importPublicKey(publicKey: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', publicKey, 'X25519', false, []);
}

/** Rejects an all-zero result, as RFC 9180 §7.1.4 asks (WebCrypto does). */
async function agree(privateKey: CryptoKey, publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: publicKey }, privateKey, sharedBits));
}

function fromBase64Url(text: string): Bytes {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function publicKeyOf(privateKey: Bytes): Promise<Bytes> {
  const { x } = await crypto.subtle.exportKey('jwk', await importPrivateKey(privateKey, true));
  return fromBase64Url(x as string);
}

/** DHKEM(X25519, HKDF) of RFC 9180 §4.1, the Diffie-Hellman function by WebCrypto. */
export function dhkemX25519(hash: Hash): Kem {
  function sharedSecretOf(agreed: Bytes, kemOutput: Bytes, publicKey: Bytes): Bytes {
    const pseudorandomKey = labeledExtract(hash, suiteId, noBytes, 'eae_prk', agreed);
    const context = concatBytes(kemOutput, publicKey);
    const sharedSecret = labeledExpand(hash, suiteId, pseudorandomKey, 'shared_secret', context, hash.bytes);
    agreed.fill(0);
    pseudorandomKey.fill(0);
    return sharedSecret;
  }

  async function deriveKeyPair(keyMaterial: Uint8Array): Promise<KeyPair> {
    const pseudorandomKey = labeledExtract(hash, suiteId, noBytes, 'dkp_prk', keyMaterial);
    const privateKey = labeledExpand(hash, suiteId, pseudorandomKey, 'sk', noBytes, keyBytes);
    pseudorandomKey.fill(0);
    return { privateKey, publicKey: await publicKeyOf(privateKey) };
  }

  return {
    id: kemId,
    isPublicKey: (bytes) => bytes.length === keyBytes && !isSmallOrder(bytes),
    publicKeyOf,
    deriveKeyPair,

    async generateKeyPair() {
      const keyMaterial = crypto.getRandomValues(new Uint8Array(keyBytes));
      const pair = await deriveKeyPair(keyMaterial);
      keyMaterial.fill(0);
      return pair;
    },

    async encapsulate(publicKey) {
      const [receiver, ephemeral] = await Promise.all([
        importPublicKey(publicKey),
        crypto.subtle.generateKey('X25519', false, ['deriveBits']) as Promise<CryptoKeyPair>,
      ]);
      const [agreed, exported] = await Promise.all([
        agree(ephemeral.privateKey, receiver),
        crypto.subtle.exportKey('raw', ephemeral.publicKey),
      ]);
      const kemOutput = new Uint8Array(exported);
      return { kemOutput, sharedSecret: sharedSecretOf(agreed, kemOutput, publicKey) };
    },

    async decapsulate(kemOutput, privateKey, publicKey) {
      const [sender, receiver] = await Promise.all([importPublicKey(kemOutput), importPrivateKey(privateKey, false)]);
      return sharedSecretOf(await agree(receiver, sender), kemOutput, publicKey);
    },
  };
}
