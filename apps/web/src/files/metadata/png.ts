import { ascii, type Bytes, joined, MalformedPicture, slice, viewOf } from './bytes.ts';

const signature = '\x89PNG\r\n\x1a\n';

/** Chunks that say how to draw the picture, animation included (PNG, third edition, §11); text, time and Exif are not among them. */
const drawn: ReadonlySet<string> = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'cHRM',
  'gAMA',
  'iCCP',
  'sBIT',
  'sRGB',
  'cICP',
  'mDCV',
  'cLLI',
  'bKGD',
  'hIST',
  'pHYs',
  'sPLT',
  'acTL',
  'fcTL',
  'fdAT',
]);

/**
 * A PNG without metadata, its pixels untouched. What comes after its end is left out.
 * @throws MalformedPicture
 */
export function strippedPng(bytes: Bytes): Bytes {
  if (ascii(bytes, 0, 8) !== signature) throw new MalformedPicture('This is no PNG.');
  const kept: Bytes[] = [bytes.subarray(0, 8)];
  for (let at = 8; ; ) {
    const length = viewOf(slice(bytes, at, at + 8)).getUint32(0);
    const type = ascii(bytes, at + 4, 4);
    const end = at + 12 + length;
    if (drawn.has(type)) kept.push(slice(bytes, at, end));
    if (type === 'IEND') return joined(kept);
    at = end;
  }
}
