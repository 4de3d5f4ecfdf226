import { viewOf } from '../metadata/bytes.ts';
import type { PictureSize } from './size.ts';

/** Start of frame, any coding; not DHT, JPG and DAC, which lie between (ITU-T T.81, table B.1). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** From the frame header, which every segment before it has a length to skip. Lenient decoders go on behind garbage; this does not. */
export function jpegSize(bytes: Uint8Array): PictureSize | null {
  const view = viewOf(bytes);
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    // Markers without a length, and the picture itself, do not come before the frame header.
    const carriesLength = marker === 0xc4 || marker === 0xcc || (marker >= 0xdb && marker !== 0xff) || marker === 0xfe;
    if (!carriesLength || length < 2) return null;
    at += 2 + length;
  }
}
