import { describe, expect, test } from 'vitest';
import { type Encoding, encodeWithin } from './avatar-encoding.ts';

const blob = (type: string, bytes: number) => new Blob([new Uint8Array(bytes)], { type });

describe('encoding an avatar', () => {
  test('WebP at the best quality that fits', async () => {
    const result = await encodeWithin(1000, async ({ type, quality }) => blob(type, quality > 0.7 ? 2000 : 900));
    expect(result).toMatchObject({ type: 'image/webp', size: 900 });
  });

  test('a browser that answers WebP with PNG gets JPEG, asked for WebP only once', async () => {
    const asked: Encoding[] = [];
    const result = await encodeWithin(1000, async (encoding) => {
      asked.push(encoding);
      return blob(encoding.type === 'image/webp' ? 'image/png' : encoding.type, 500);
    });
    expect(result?.type).toBe('image/jpeg');
    expect(asked.map(({ type }) => type)).toEqual(['image/webp', 'image/jpeg']);
  });

  test('JPEG is tried where no WebP is small enough', async () => {
    const result = await encodeWithin(1000, async ({ type }) => blob(type, type === 'image/webp' ? 2000 : 800));
    expect(result).toMatchObject({ type: 'image/jpeg', size: 800 });
  });

  test('nothing fits: nothing comes', async () => {
    expect(await encodeWithin(10, async ({ type }) => blob(type, 11))).toBeUndefined();
    expect(await encodeWithin(10, async () => null)).toBeUndefined();
  });
});
