import { viewOf } from '../metadata/bytes.ts';
import type { PictureSize } from './size.ts';

const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** The screen, or the frames where they are larger: browsers make room for those. Of a file's beginning, the frames that are in it. */
export function gifSize(bytes: Uint8Array): PictureSize | null {
  const view = viewOf(bytes);
  let width = view.getUint16(6, true);
  let height = view.getUint16(8, true);
  let frames = 0;
  let at = 13 + tableBytes(view.getUint8(10));
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x3b) break;
    if (block === 0x2c) {
      if (at + 10 > bytes.length) break;
      frames += 1;
      width = Math.max(width, view.getUint16(at + 1, true) + view.getUint16(at + 5, true));
      height = Math.max(height, view.getUint16(at + 3, true) + view.getUint16(at + 7, true));
      at += 11 + tableBytes(view.getUint8(at + 9));
    } else if (block === 0x21) {
      at += 2;
    } else {
      return null;
    }
    at = afterSubBlocks(bytes, at);
  }
  return frames > 0 ? { width, height } : null;
}

function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) at += length + 1;
  return at + 1;
}
