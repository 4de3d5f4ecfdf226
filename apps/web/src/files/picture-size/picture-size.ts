import { ascii, viewOf } from '../metadata/bytes.ts';
import { avifSize } from './avif.ts';
import { gifSize } from './gif.ts';
import { jpegSize } from './jpeg.ts';
import type { PictureSize } from './size.ts';
import { webpSize } from './webp.ts';

export interface KnownPicture extends PictureSize {
  /** What the bytes are, whatever their sender says: browsers go by the bytes too. */
  readonly type: string;
}

type Reader = (bytes: Uint8Array) => PictureSize | null;

function pngSize(bytes: Uint8Array): PictureSize | null {
  // The header chunk comes first (PNG, third edition, §5.6).
  if (viewOf(bytes).getUint32(8) !== 13 || ascii(bytes, 12, 4) !== 'IHDR') return null;
  return { width: viewOf(bytes).getUint32(16), height: viewOf(bytes).getUint32(20) };
}

function bmpSize(bytes: Uint8Array): PictureSize | null {
  const view = viewOf(bytes);
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  // A negative height counts from the top.
  return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

const readers: readonly (readonly [string, RegExp, Reader])[] = [
  ['image/png', /^\x89PNG\r\n/, pngSize],
  ['image/jpeg', /^\xff\xd8\xff/, jpegSize],
  ['image/webp', /^RIFF.{4}WEBP/s, webpSize],
  ['image/gif', /^GIF8[79]a/, gifSize],
  ['image/avif', /^.{4}ftyp/s, avifSize],
  ['image/bmp', /^BM/, bmpSize],
];

/**
 * What sort of picture `bytes` begin, and how large it is, read from its header without decoding it. `null` for anything else, and
 * where the header is damaged, incomplete or says nothing: such a picture is not given to the browser.
 */
export function pictureSize(bytes: Uint8Array): KnownPicture | null {
  const head = ascii(bytes, 0, Math.min(bytes.length, 16));
  const found = readers.find(([, pattern]) => pattern.test(head));
  if (!found) return null;
  const [type, , read] = found;
  try {
    const size = read(bytes);
    if (size === null || !(size.width > 0 && size.height > 0)) return null;
    return { type, width: size.width, height: size.height };
  } catch (error) {
    // A header that ends too early.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
