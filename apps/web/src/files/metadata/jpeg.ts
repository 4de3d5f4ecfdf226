import { ascii, type Bytes, joined, MalformedPicture, slice, viewOf } from './bytes.ts';
import { orientationOf, orientationOnly } from './orientation.ts';

const exifHead = 'Exif\0\0';
const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Segments that say how to draw the picture (ITU-T T.81 table B.1); the others say where and with what it was taken. */
function isDrawn(marker: number, body: Bytes): boolean {
  // Tables, frames (SOF0 to SOF15, DHT, DAC), DQT, DNL, DRI, DHP, EXP.
  if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) return true;
  if (marker >= 0xdb && marker <= 0xdf) return true;
  if (marker === 0xe0) return ascii(body, 0, 5) === 'JFIF\0';
  if (marker === 0xe2) return ascii(body, 0, 12) === 'ICC_PROFILE\0';
  if (marker === 0xee) return ascii(body, 0, 5) === 'Adobe';
  return false;
}

/** JFIF may carry a thumbnail of the picture as it once was: it is left out. */
function drawnPart(marker: number, body: Bytes): Bytes {
  if (marker !== 0xe0 || body.length <= 14) return body;
  const bare = body.slice(0, 14);
  bare.set([0, 0], 12);
  return bare;
}

function segment(marker: number, body: Bytes): Bytes {
  const head = new Uint8Array(4);
  head.set([0xff, marker]);
  viewOf(head).setUint16(2, body.length + 2);
  return joined([head, body]);
}

/** Where the compressed data that begins at `at` ends: at the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Bytes, at: number): number {
  for (let i = bytes.indexOf(0xff, at); i >= 0 && i + 1 < bytes.length; i = bytes.indexOf(0xff, i + 1)) {
    const next = bytes[i + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return i;
  }
  throw new MalformedPicture('The picture has no end.');
}

/**
 * A JPEG without metadata, its pixels untouched (ITU-T T.81 annex B). Only what is needed to draw it is kept, and how it is turned.
 * What comes after its end (videos and second pictures of phones) is left out as well.
 * @throws MalformedPicture
 */
export function strippedJpeg(bytes: Bytes): Bytes {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) throw new MalformedPicture('This is no JPEG.');
  const kept: Bytes[] = [];
  let orientation = 1;
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff) throw new MalformedPicture('A marker is missing.');
    // Any number of 0xff may stand before a marker.
    while (bytes[at + 1] === 0xff) at += 1;
    const marker = bytes[at + 1] ?? 0;
    if (marker === endOfImage) break;
    const length = viewOf(slice(bytes, at + 2, at + 4)).getUint16(0);
    const body = slice(bytes, at + 4, at + 2 + length);
    at += 2 + length;
    if (marker === startOfScan) {
      const end = endOfScan(bytes, at);
      kept.push(segment(marker, body), bytes.subarray(at, end));
      at = end;
    } else if (marker === 0xe1 && ascii(body, 0, 6) === exifHead) orientation = orientationOf(body.subarray(6));
    else if (isDrawn(marker, body)) kept.push(segment(marker, drawnPart(marker, body)));
  }
  const exif = joined([new TextEncoder().encode(exifHead), orientationOnly(orientation)]);
  const turned = orientation === 1 ? [] : [segment(0xe1, exif)];
  return joined([new Uint8Array([0xff, startOfImage]), ...turned, ...kept, new Uint8Array([0xff, endOfImage])]);
}
