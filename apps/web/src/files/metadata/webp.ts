import { ascii, type Bytes, joined, MalformedPicture, slice, viewOf } from './bytes.ts';
import { orientationOf, orientationOnly } from './orientation.ts';

/** Chunks that say how to draw the picture, animation included (RFC 9649 §2); EXIF and XMP are not among them. */
const drawn: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const exifFlag = 0x08;
const xmpFlag = 0x04;

function chunk(type: string, body: Bytes): Bytes {
  const head = new Uint8Array(8);
  head.set(new TextEncoder().encode(type));
  viewOf(head).setUint32(4, body.length, true);
  return joined([head, body, new Uint8Array(body.length % 2)]);
}

/**
 * A WebP without metadata, its pixels untouched; how it is turned stays.
 * @throws MalformedPicture
 */
export function strippedWebp(bytes: Bytes): Bytes {
  if (ascii(bytes, 0, 4) !== 'RIFF' || ascii(bytes, 8, 4) !== 'WEBP') throw new MalformedPicture('This is no WebP.');
  const end = 8 + viewOf(bytes).getUint32(4, true);
  const kept: { readonly type: string; readonly body: Bytes }[] = [];
  let orientation = 1;
  for (let at = 12; at + 8 <= end; ) {
    const length = viewOf(slice(bytes, at, at + 8)).getUint32(4, true);
    const type = ascii(bytes, at, 4);
    const body = slice(bytes, at + 8, at + 8 + length);
    if (drawn.has(type)) kept.push({ type, body });
    else if (type === 'EXIF') {
      orientation = orientationOf(ascii(body, 0, 4) === 'Exif' ? body.subarray(6) : body);
    }
    at += 8 + length + (length % 2);
  }
  const turned = orientation !== 1 && kept[0]?.type === 'VP8X';
  const chunks = kept.map(({ type, body }) => {
    if (type !== 'VP8X') return chunk(type, body);
    const flags = body.slice();
    flags[0] = ((flags[0] ?? 0) & ~(exifFlag | xmpFlag)) | (turned ? exifFlag : 0);
    return chunk(type, flags);
  });
  const content = joined([...chunks, ...(turned ? [chunk('EXIF', orientationOnly(orientation))] : [])]);
  const head = new Uint8Array(12);
  head.set(new TextEncoder().encode('RIFF'));
  head.set(new TextEncoder().encode('WEBP'), 8);
  viewOf(head).setUint32(4, content.length + 4, true);
  return joined([head, content]);
}
