import { limits } from '@undertone/protocol';

/** How a thumbnail may be written, the better first. */
export interface ThumbnailEncoding {
  readonly type: 'image/webp' | 'image/jpeg';
  /** The longer side, in pixels. */
  readonly side: number;
  readonly quality: number;
}

const sides = [360, 280, 200, 120, 64];
const qualities = [0.75, 0.5, 0.3];

const ladder = (type: ThumbnailEncoding['type']): readonly ThumbnailEncoding[] =>
  sides.flatMap((side) => qualities.map((quality) => ({ type, side, quality })));

/**
 * The first that fits in `maxBytes`; WebP where the browser writes it (others answer with PNG), else JPEG. `undefined` if none does.
 */
export async function thumbnailWithin(
  encode: (encoding: ThumbnailEncoding) => Promise<Blob | null>,
  maxBytes: number = limits.thumbnailMaxBytes,
): Promise<Blob | undefined> {
  for (const type of ['image/webp', 'image/jpeg'] as const) {
    for (const encoding of ladder(type)) {
      const blob = await encode(encoding);
      if (blob?.type !== type) break;
      if (blob.size <= maxBytes) return blob;
    }
  }
  return undefined;
}
