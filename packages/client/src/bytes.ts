/** The MLS engine hands out plain `Uint8Array`s; none of ours is ever backed by shared memory, which WebCrypto's types rule out. */
export const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => unshared(new TextEncoder().encode(text));

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

/** Bytes as lower-case hex, for keys of maps and records. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
