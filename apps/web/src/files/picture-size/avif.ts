import { ascii, viewOf } from '../metadata/bytes.ts';
import type { PictureSize } from './size.ts';

interface Box {
  readonly type: string;
  /** Of its content. */
  readonly from: number;
  readonly to: number;
}

/** Boxes in boxes, as far as they are needed here; no camera or program writes as many as this. */
const boxesMax = 4_096;

/** The boxes between `from` and `to` (ISO/IEC 14496-12 §4.2); none are let out of what holds them. */
function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  const view = viewOf(bytes);
  let at = from;
  for (let count = 0; at + 8 <= to && count < boxesMax; count++) {
    let length = view.getUint32(at);
    let head = 8;
    if (length === 1) {
      length = Number(view.getBigUint64(at + 8));
      head = 16;
    } else if (length === 0) {
      length = to - at;
    }
    if (length < head) return;
    yield { type: ascii(bytes, at + 4, 4), from: at + head, to: Math.min(to, at + length) };
    at += length;
  }
}

const inside = (bytes: Uint8Array, { from, to }: Box, type: string, skip = 0): Box | undefined =>
  [...boxesIn(bytes, from + skip, to)].find((box) => box.type === type);

/** The largest size of any picture in the file (`ispe`, ISO/IEC 23008-12 §6.5.3): tiles, thumbnails and the whole have one each. */
export function avifSize(bytes: Uint8Array): PictureSize | null {
  const file: Box = { type: '', from: 0, to: bytes.length };
  const brands = inside(bytes, file, 'ftyp');
  if (!brands || !/avi[fs]/.test(ascii(bytes, brands.from, Math.min(256, brands.to - brands.from)))) return null;
  const meta = inside(bytes, file, 'meta');
  // `meta` begins with a version and flags.
  const properties = meta && inside(bytes, meta, 'iprp', 4);
  const container = properties && inside(bytes, properties, 'ipco');
  if (!container) return null;
  let width = 0;
  let height = 0;
  const view = viewOf(bytes);
  for (const box of boxesIn(bytes, container.from, container.to)) {
    if (box.type !== 'ispe') continue;
    width = Math.max(width, view.getUint32(box.from + 4));
    height = Math.max(height, view.getUint32(box.from + 8));
  }
  return { width, height };
}
