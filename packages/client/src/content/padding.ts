const smallestBytes = 256;

/** Pad to a power of two from 256 bytes (SPEC C1, ISO/IEC 7816-4): the server learns a size class, not a length. */
export function pad(data: Uint8Array): Uint8Array<ArrayBuffer> {
  let size = smallestBytes;
  while (size < data.length + 1) size *= 2;
  const padded = new Uint8Array(size);
  padded.set(data);
  padded[data.length] = 0x80;
  return padded;
}

/** Undo `pad`; `undefined` if the padding is not right. */
export function unpad(padded: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const end = padded.findLastIndex((byte) => byte !== 0);
  return end >= 0 && padded[end] === 0x80 ? padded.subarray(0, end) : undefined;
}
