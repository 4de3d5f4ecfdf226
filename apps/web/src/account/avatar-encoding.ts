/** How a picture may be written, the better first. */
export interface Encoding {
  readonly type: 'image/webp' | 'image/jpeg';
  readonly quality: number;
}

const qualities = [0.86, 0.74, 0.6, 0.45, 0.3];

/** WebP where the browser can write it, then JPEG. */
export const avatarEncodings: readonly Encoding[] = (['image/webp', 'image/jpeg'] as const).flatMap((type) =>
  qualities.map((quality) => ({ type, quality })),
);

/**
 * The first encoding whose result is of its type (a browser that cannot write WebP answers with PNG) and at most `maxBytes`.
 * `undefined` if none is; 256 × 256 JPEG at the lowest quality is under 64 KB even for noise, so that means a broken canvas.
 */
export async function encodeWithin(
  maxBytes: number,
  encode: (encoding: Encoding) => Promise<Blob | null>,
): Promise<Blob | undefined> {
  const unable = new Set<string>();
  for (const encoding of avatarEncodings) {
    if (unable.has(encoding.type)) continue;
    const blob = await encode(encoding);
    if (blob?.type !== encoding.type) unable.add(encoding.type);
    else if (blob.size <= maxBytes) return blob;
  }
  return undefined;
}
