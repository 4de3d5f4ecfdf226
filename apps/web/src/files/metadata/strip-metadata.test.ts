import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, joined } from './bytes.ts';
import { orientationOf, orientationOnly } from './orientation.ts';
import { canStrip, withoutMetadata } from './strip-metadata.ts';

const text = (words: string): Bytes => new Uint8Array([...words].map((char) => char.charCodeAt(0)));
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

const strip = async (...parts: Uint8Array[]): Promise<Bytes | null> => {
  const clean = await withoutMetadata(new Blob([joined(parts)]));
  return clean && new Uint8Array(await clean.arrayBuffer());
};

const jpegSegment = (marker: number, body: Bytes): Bytes =>
  joined([new Uint8Array([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff]), body]);
const soi = new Uint8Array([0xff, 0xd8]);
const eoi = new Uint8Array([0xff, 0xd9]);
const frame = jpegSegment(0xc0, new Uint8Array([8, 0, 1, 0, 1, 1, 1, 0x11, 0]));
/** With a stuffed byte and a restart marker in its data. */
const scan = joined([
  jpegSegment(0xda, new Uint8Array([1, 1, 0, 0, 63, 0])),
  new Uint8Array([1, 0xff, 0, 2, 0xff, 0xd0, 3]),
]);
const exif = (orientation: number) =>
  jpegSegment(0xe1, joined([text('Exif\0\0'), orientationOnly(orientation), text('GPS 52.5, 13.4')]));

describe('JPEG', () => {
  it('loses Exif, XMP, IPTC, comments and what follows its end; pixels and colours stay', async () => {
    const jfif = jpegSegment(0xe0, text('JFIF\0\x01\x01\0\0\x01\0\x01\0\0'));
    const profile = jpegSegment(0xe2, text('ICC_PROFILE\0\x01\x01colours'));
    const clean = await strip(
      soi,
      jfif,
      exif(1),
      jpegSegment(0xe1, text('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>')),
      jpegSegment(0xed, text('Photoshop 3.0\0IPTC')),
      jpegSegment(0xe2, text('MPF\0second')),
      jpegSegment(0xfe, text('a comment')),
      profile,
      frame,
      scan,
      frame,
      scan,
      eoi,
      text('a whole video with GPS'),
    );
    expect(clean).toEqual(joined([soi, jfif, profile, frame, scan, frame, scan, eoi]));
  });

  it('stays turned as it was, and tells nothing else', async () => {
    const clean = await strip(soi, exif(6), frame, scan, eoi);
    expect(clean).not.toBeNull();
    expect(latin1(clean as Bytes)).not.toContain('GPS');
    expect(orientationOf((clean as Bytes).subarray(2 + 4 + 6))).toBe(6);
    expect(clean).toEqual(
      joined([soi, jpegSegment(0xe1, joined([text('Exif\0\0'), orientationOnly(6)])), frame, scan, eoi]),
    );
  });

  it('loses the thumbnail in its JFIF head', async () => {
    const head = 'JFIF\0\x01\x01\0\0\x01\0\x01';
    const clean = await strip(soi, jpegSegment(0xe0, text(`${head}\x01\x01RGB`)), frame, scan, eoi);
    expect(clean).toEqual(joined([soi, jpegSegment(0xe0, text(`${head}\0\0`)), frame, scan, eoi]));
  });

  it.each([
    ['without an end', [soi, exif(1), frame, scan]],
    ['with a segment that is too long', [soi, new Uint8Array([0xff, 0xe1, 0xff, 0xff, 1, 2])]],
    ['with something between the segments', [soi, text('?'), frame, scan, eoi]],
  ])('%s is refused', async (_, parts) => {
    expect(await strip(...parts)).toBeNull();
  });
});

const pngChunk = (type: string, body: string): Bytes =>
  joined([new Uint8Array([0, 0, 0, body.length]), text(type), text(body), text('crc!')]);

it('PNG loses text, time and Exif; animation and colours stay', async () => {
  const signature = text('\x89PNG\r\n\x1a\n');
  const kept = [pngChunk('IHDR', 'size'), pngChunk('iCCP', 'p'), pngChunk('acTL', 'a'), pngChunk('IDAT', 'pixels')];
  const clean = await strip(
    signature,
    ...kept,
    pngChunk('eXIf', 'GPS'),
    pngChunk('tEXt', 'Author'),
    pngChunk('iTXt', 'XML:com.adobe.xmp'),
    pngChunk('tIME', 'now'),
    pngChunk('prVt', 'unknown'),
    pngChunk('IEND', ''),
    text('trailing'),
  );
  expect(clean).toEqual(joined([signature, ...kept, pngChunk('IEND', '')]));
});

const webpChunk = (type: string, body: Bytes): Bytes =>
  joined([text(type), new Uint8Array([body.length, 0, 0, 0]), body, new Uint8Array(body.length % 2)]);
const webp = (...chunks: Bytes[]): Bytes => {
  const content = joined(chunks);
  return joined([text('RIFF'), new Uint8Array([content.length + 4, 0, 0, 0]), text('WEBP'), content]);
};

describe('WebP', () => {
  const head = (flags: number) => webpChunk('VP8X', new Uint8Array([flags, 0, 0, 0, 1, 0, 0, 1, 0, 0]));
  const animation = [webpChunk('ANIM', text('loop..')), webpChunk('ANMF', text('frame'))];

  it('loses Exif and XMP; its animation stays', async () => {
    const clean = await strip(
      webp(
        head(0x02 | 0x08 | 0x04),
        ...animation,
        webpChunk('EXIF', orientationOnly(1)),
        webpChunk('XMP ', text('<x/>')),
      ),
    );
    expect(clean).toEqual(webp(head(0x02), ...animation));
  });

  it('stays turned as it was', async () => {
    const clean = await strip(
      webp(head(0x08), ...animation, webpChunk('EXIF', joined([orientationOnly(8), text('GPS')]))),
    );
    expect(clean).toEqual(webp(head(0x08), ...animation, webpChunk('EXIF', orientationOnly(8))));
  });
});

it('GIF loses comments and application data; frames and loops stay', async () => {
  const start = joined([text('GIF89a'), new Uint8Array([1, 0, 1, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6])]);
  const loop = joined([new Uint8Array([0x21, 0xff, 11]), text('NETSCAPE2.0'), new Uint8Array([3, 1, 0, 0, 0])]);
  const control = new Uint8Array([0x21, 0xf9, 4, 0, 1, 0, 0, 0]);
  const image = new Uint8Array([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  const comment = joined([new Uint8Array([0x21, 0xfe, 4]), text('Home'), new Uint8Array([0])]);
  const xmp = joined([new Uint8Array([0x21, 0xff, 11]), text('XMP DataXMP'), new Uint8Array([1, 60, 0])]);
  const clean = await strip(start, loop, comment, control, image, xmp, control, image, text(';after'));
  expect(clean).toEqual(joined([start, loop, control, image, control, image, text(';')]));
});

it('other files are left alone', async () => {
  expect(await strip(text('%PDF-1.4'))).toBeNull();
  expect(await strip(new Uint8Array())).toBeNull();
  expect(canStrip('image/jpeg')).toBe(true);
  expect(canStrip('image/heic')).toBe(false);
});

it('whatever the bytes are, it ends, with a result or without', async () => {
  const heads = [soi, text('\x89PNG\r\n\x1a\n'), webp(), text('GIF89a')];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
      const clean = await strip(head, rest);
      expect(clean === null || clean.length <= head.length + rest.length + 60).toBe(true);
    }),
  );
});
