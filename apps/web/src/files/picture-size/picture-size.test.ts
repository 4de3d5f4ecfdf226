import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thumbnail } from '../../testing/pictures.ts';
import { canDecode, smallPicture } from '../picture-bounds.ts';
import { pictureSize } from './picture-size.ts';

type Part = string | number | readonly number[] | Uint8Array;

/** Texts are Latin-1, numbers are bytes. */
const bytes = (...parts: readonly Part[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    parts.flatMap((part) =>
      typeof part === 'number' ? [part] : [...part].map((one) => (typeof one === 'string' ? one.charCodeAt(0) : one)),
    ),
  );
const big = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) % 256);
const little = (value: number, count: number): number[] => big(value, count).reverse();

const png = (width: number, height: number, type = 'IHDR', length = 13) =>
  bytes('\x89PNG\r\n\x1a\n', big(length, 4), type, big(width, 4), big(height, 4), [8, 6, 0, 0, 0], [0, 0, 0, 0]);
const frame = (width: number, height: number, marker = 0xc0) =>
  bytes(0xff, marker, big(11, 2), 8, big(height, 2), big(width, 2), [1, 1, 0x11, 0]);
const segment = (marker: number, ...content: Part[]) => {
  const inner = bytes(...content);
  return bytes(0xff, marker, big(inner.length + 2, 2), inner);
};
const jpeg = (...segments: readonly Uint8Array[]) => bytes(0xff, 0xd8, ...segments);
const webp = (type: string, ...content: Part[]) =>
  bytes('RIFF', little(100, 4), 'WEBP', type, little(10, 4), ...content);
const gif = (width: number, height: number, ...blocks: readonly Uint8Array[]) =>
  bytes('GIF89a', little(width, 2), little(height, 2), 0, 0, 0, ...blocks);
const gifFrame = (left: number, top: number, width: number, height: number) =>
  bytes(0x2c, little(left, 2), little(top, 2), little(width, 2), little(height, 2), 0, 2, 1, 0, 0);
const box = (type: string, ...content: Part[]) => {
  const inner = bytes(...content);
  return bytes(big(inner.length + 8, 4), type, inner);
};
const ispe = (width: number, height: number) => box('ispe', [0, 0, 0, 0], big(width, 4), big(height, 4));
const avif = (...properties: readonly Uint8Array[]) =>
  bytes(
    box('ftyp', 'avif', [0, 0, 0, 0], 'mif1avif'),
    box('meta', [0, 0, 0, 0], box('hdlr', 'pict'), box('iprp', box('ipco', ...properties))),
  );
const bmp = (width: number, height: number) =>
  bytes('BM', little(0, 12), little(40, 4), little(width, 4), little(height, 4));

describe('pictureSize', () => {
  it.each([
    ['PNG', png(640, 480), 'image/png', 640, 480],
    ['JPEG', jpeg(segment(0xe0, 'JFIF\0'), frame(640, 480)), 'image/jpeg', 640, 480],
    ['JPEG, progressive', jpeg(segment(0xdb, 'tables'), frame(640, 480, 0xc2)), 'image/jpeg', 640, 480],
    [
      'JPEG with a picture in its Exif',
      jpeg(segment(0xe1, 'Exif\0\0', jpeg(frame(16, 16))), frame(640, 480)),
      'image/jpeg',
      640,
      480,
    ],
    ['JPEG with fill bytes', jpeg(bytes(0xff, 0xff), frame(640, 480)), 'image/jpeg', 640, 480],
    ['WebP, lossy', webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a], little(640, 2), little(480, 2)), 'image/webp', 640, 480],
    ['WebP, lossless', webp('VP8L', 0x2f, little(639 + 479 * 0x4000, 4)), 'image/webp', 640, 480],
    ['WebP, extended', webp('VP8X', [0, 0, 0, 0], little(639, 3), little(479, 3)), 'image/webp', 640, 480],
    ['GIF', gif(640, 480, gifFrame(0, 0, 640, 480)), 'image/gif', 640, 480],
    ['AVIF', avif(ispe(640, 480)), 'image/avif', 640, 480],
    ['BMP', bmp(640, 480), 'image/bmp', 640, 480],
    ['BMP from the top', bmp(640, 2 ** 32 - 480), 'image/bmp', 640, 480],
    // Where a file says more than one thing, the larger one holds.
    ['GIF with a frame beyond its screen', gif(1, 1, gifFrame(9_000, 0, 9_000, 20_000)), 'image/gif', 18_000, 20_000],
    [
      'GIF with a large second frame',
      gif(1, 1, gifFrame(0, 0, 1, 1), gifFrame(0, 0, 9_000, 9_000)),
      'image/gif',
      9_000,
      9_000,
    ],
    ['AVIF with a small thumbnail first', avif(ispe(16, 16), ispe(30_000, 30_000)), 'image/avif', 30_000, 30_000],
    ['PNG as large as can be', png(2 ** 31 - 1, 2 ** 31 - 1), 'image/png', 2 ** 31 - 1, 2 ** 31 - 1],
  ])('%s', (_, content, type, width, height) => {
    expect(pictureSize(content)).toEqual({ type, width, height });
  });

  it.each([
    ['nothing', bytes()],
    ['a drawing', bytes('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a PNG without a header', bytes('\x89PNG\r\n\x1a\n')],
    ['a PNG whose first chunk is another one', png(1, 1, 'tEXt')],
    ['a PNG with a header of another length', png(1, 1, 'IHDR', 12)],
    ['a PNG of no width', png(0, 10)],
    ['a JPEG without a frame', jpeg(segment(0xe0, 'JFIF\0'))],
    ['a JPEG that begins its picture before its frame', jpeg(segment(0xda, 'scan'), frame(1, 1))],
    ['a JPEG with garbage before its frame', jpeg(bytes('garbage'), frame(1, 1))],
    ['a JPEG that ends before its frame', jpeg(bytes(0xff, 0xd9), frame(1, 1))],
    ['a JPEG with a segment of no length', jpeg(bytes(0xff, 0xe0, 0, 0), frame(1, 1))],
    ['a JPEG that says its height later', jpeg(frame(640, 0))],
    ['a WebP of another kind', webp('ANIM', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a lossy WebP without its start code', webp('VP8 ', [0, 0, 0, 1, 2, 3], little(1, 2), little(1, 2))],
    ['a lossless WebP without its signature', webp('VP8L', 0, little(0, 4))],
    ['a GIF without a frame', gif(10, 10)],
    ['a GIF with an unknown block', gif(10, 10, bytes(0x99))],
    ['an AVIF without sizes', avif()],
    ['an MP4', bytes(box('ftyp', 'isom', [0, 0, 0, 0], 'mp42'), box('moov'))],
    ['an AVIF whose box holds less than its own head', bytes(box('ftyp', 'avif'), big(4, 4), 'meta')],
    ['an icon', bytes(0, 0, 1, 0, 1, 0)],
  ])('%s is no picture', (_, content) => {
    expect(pictureSize(content)).toBeNull();
  });

  it('takes any bytes, and any picture that ends anywhere', () => {
    const heads = [png(9, 9), jpeg(frame(9, 9)), gif(9, 9, gifFrame(0, 0, 9, 9)), avif(ispe(9, 9)), bmp(9, 9)].flatMap(
      (whole) => [8, 12, 20, whole.length].map((length) => whole.slice(0, length)),
    );
    fc.assert(
      fc.property(fc.constantFrom(bytes(), ...heads), fc.uint8Array({ maxLength: 400 }), (head, rest) => {
        const known = pictureSize(bytes(head, rest));
        if (known) expect(known.width > 0 && known.height > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends soon, however many blocks there are', () => {
    const started = performance.now();
    const blocks = new Uint8Array(1024 * 1024).fill(0x21);
    pictureSize(bytes(gif(1, 1), blocks));
    pictureSize(bytes(box('ftyp', 'avif'), ...Array.from({ length: 20_000 }, () => box('free'))));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('what a browser may decode', () => {
  const blob = (content: Uint8Array<ArrayBuffer>) => new Blob([content], { type: 'image/png' });

  it.each([
    ['a photo', png(8_000, 6_000), true],
    ['96 million pixels in a few kilobytes', png(12_000, 8_000), false],
    ['one line that is very long', png(60_000, 1), false],
    ['what is called a PNG and is none', bytes('hello'), false],
  ])('%s: %s', async (_, content, may) => {
    expect(await canDecode(blob(content))).toBe(may);
  });

  it('reads no more than the beginning', async () => {
    const late = jpeg(...Array.from({ length: 20 }, () => segment(0xe1, new Uint8Array(65_000))), frame(9, 9));
    expect(await canDecode(blob(late))).toBe(false);
  });

  it('a thumbnail is small, and is what its bytes are', () => {
    expect(smallPicture(png(360, 200))?.type).toBe('image/png');
    expect(smallPicture(jpeg(frame(360, 200)))?.type).toBe('image/jpeg');
    expect(smallPicture(png(9_800, 9_800))).toBeNull();
    expect(smallPicture(png(1_025, 1))).toBeNull();
    expect(smallPicture(png(10, 10), 20)).toBeNull();
    expect(smallPicture(null)).toBeNull();
    expect(smallPicture(thumbnail('dusk', 16, 9))).not.toBeNull();
  });
});
