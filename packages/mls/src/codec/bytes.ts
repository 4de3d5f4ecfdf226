/** Bytes that WebCrypto takes: never shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const noBytes: Bytes = new Uint8Array();

/** A copy that shares no memory with the original. (`slice` of a Node Buffer would be a view.) */
export function copyBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** For public values: stops at the first difference. Tags are compared by {@link equalConstantTime}. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Looks at every byte, whatever it finds. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A key for Map and Set. */
export function bytesKey(bytes: Uint8Array): string {
  let key = '';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}

const textEncoder = new TextEncoder();

export function textBytes(text: string): Bytes {
  return textEncoder.encode(text) as Bytes;
}
