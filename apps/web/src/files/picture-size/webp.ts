import { ascii, viewOf } from '../metadata/bytes.ts';
import type { PictureSize } from './size.ts';

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;

/** From the first chunk: the canvas of an extended file, or the frame header of a simple one (RFC 9649 §2.5-2.7). */
export function webpSize(bytes: Uint8Array): PictureSize | null {
  const view = viewOf(bytes);
  const payload = 20;
  switch (ascii(bytes, 12, 4)) {
    case 'VP8X':
      return { width: uint24(view, payload + 4) + 1, height: uint24(view, payload + 7) + 1 };
    case 'VP8L': {
      if (view.getUint8(payload) !== 0x2f) return null;
      const sizes = view.getUint32(payload + 1, true);
      return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ': {
      const keyFrame = (view.getUint8(payload) & 1) === 0 && uint24(view, payload + 3) === 0x2a019d;
      if (!keyFrame) return null;
      return { width: view.getUint16(payload + 6, true) & 0x3fff, height: view.getUint16(payload + 8, true) & 0x3fff };
    }
    default:
      return null;
  }
}
