export type Bytes = Uint8Array<ArrayBuffer>;

/** The file is not what its kind prescribes: nothing can be said about what is in it. */
export class MalformedPicture extends Error {
  override readonly name = 'MalformedPicture';
}

export function joined(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const ascii = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Part of `bytes`, which must be there. */
export function slice(bytes: Bytes, from: number, to: number): Bytes {
  if (from < 0 || to < from || to > bytes.length) throw new MalformedPicture('The file ends too early.');
  return bytes.subarray(from, to);
}
