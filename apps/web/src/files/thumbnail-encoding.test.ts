import { expect, it } from 'vitest';
import { type ThumbnailEncoding, thumbnailWithin } from './thumbnail-encoding.ts';

const blob = (type: string, bytes: number) => new Blob([new Uint8Array(bytes)], { type });

it('takes the best that fits', async () => {
  const tried: ThumbnailEncoding[] = [];
  const found = await thumbnailWithin(async (encoding) => {
    tried.push(encoding);
    return blob(encoding.type, encoding.side * encoding.quality * 100);
  }, 12_000);
  expect(found?.size).toBe(360 * 0.3 * 100);
  expect(tried.map(({ side }) => side)).toEqual([360, 360, 360]);
});

it('writes JPEG where the browser cannot write WebP', async () => {
  const found = await thumbnailWithin(async ({ type }) => blob(type === 'image/webp' ? 'image/png' : type, 10));
  expect(found?.type).toBe('image/jpeg');
});

it('there is none where nothing fits, or nothing can be drawn', async () => {
  expect(await thumbnailWithin(async ({ type }) => blob(type, 100_000))).toBeUndefined();
  expect(await thumbnailWithin(async () => null)).toBeUndefined();
});
