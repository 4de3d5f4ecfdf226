import type { Bytes } from '../codec/bytes.ts';

/**
 * A cipher suite (RFC 9420 §5.1) as a value: the engine knows no algorithm by name. What hashes is synchronous, because a call to
 * WebCrypto costs more than the hash itself; what takes a private or public key, and the AEAD, is WebCrypto's and asynchronous.
 */
export interface CipherSuite {
  /** Of the IANA registry "MLS Cipher Suites" (RFC 9420 §17.1). */
  readonly id: number;
  readonly name: string;
  readonly hash: Hash;
  readonly kem: Kem;
  readonly aead: Aead;
  readonly signature: SignatureScheme;
}

/** The suite's hash, with HMAC (RFC 2104) and HKDF (RFC 5869) over it. `bytes` is Hash.length and KDF.Nh. */
export interface Hash {
  /** HPKE's `kdf_id`, of HKDF over this hash. */
  readonly kdfId: number;
  readonly bytes: number;
  digest(data: Uint8Array): Bytes;
  /** The same for large inputs, off this thread. */
  digestLarge(data: Bytes): Promise<Bytes>;
  mac(key: Uint8Array, data: Uint8Array): Bytes;
  extract(salt: Uint8Array, keyMaterial: Uint8Array): Bytes;
  /** The same without salt for large inputs, off this thread. */
  extractLarge(keyMaterial: Bytes): Promise<Bytes>;
  expand(pseudorandomKey: Uint8Array, info: Uint8Array, length: number): Bytes;
}

export interface KeyPair {
  readonly publicKey: Bytes;
  /** Secret: to be wiped by its owner. */
  readonly privateKey: Bytes;
}

/** A DHKEM of RFC 9180 §4.1. Keys are the encodings of RFC 9180 §7.1.1. */
export interface Kem {
  /** HPKE's `kem_id`. */
  readonly id: number;
  /** Whether these bytes are a key to which one can encapsulate: those that are not must not get into a tree (RFC 9180 §7.1.4). */
  isPublicKey(bytes: Uint8Array): boolean;
  generateKeyPair(): Promise<KeyPair>;
  deriveKeyPair(keyMaterial: Uint8Array): Promise<KeyPair>;
  publicKeyOf(privateKey: Bytes): Promise<Bytes>;
  encapsulate(publicKey: Bytes): Promise<{ sharedSecret: Bytes; kemOutput: Bytes }>;
  /** Rejects when `kemOutput` is no valid key. `publicKey` belongs to `privateKey`. */
  decapsulate(kemOutput: Bytes, privateKey: Bytes, publicKey: Bytes): Promise<Bytes>;
}

export interface Aead {
  /** HPKE's `aead_id`. */
  readonly id: number;
  readonly keyBytes: number;
  readonly nonceBytes: number;
  readonly tagBytes: number;
  seal(key: Bytes, nonce: Bytes, associatedData: Bytes, plaintext: Bytes): Promise<Bytes>;
  /** `undefined` when the ciphertext is not authentic. */
  open(key: Bytes, nonce: Bytes, associatedData: Bytes, ciphertext: Bytes): Promise<Bytes | undefined>;
}

export interface SignatureScheme {
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
  generateKeyPair(extractable: boolean): Promise<{ publicKey: Bytes; privateKey: CryptoKey }>;
  sign(privateKey: CryptoKey, data: Bytes): Promise<Bytes>;
  /** False also for what is no key or no signature at all. */
  verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean>;
  /** The same for a key that is not expected again soon: of one leaf among thousands. */
  verifyOnce(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean>;
}
