import { limits } from '@undertone/protocol';
import { pictureSize } from './picture-size/picture-size.ts';
import type { PictureSize } from './picture-size/size.ts';

/** Pixels that are decoded for a picture: four bytes each in memory. Cameras of phones make up to 50 million. */
export const pictureMaxPixels = 52_000_000;
/** Longer sides than this are beyond the canvas and texture limits of browsers. */
const pictureMaxSide = 16_384;
/** Thumbnails and avatars are made much smaller than that; some room is left for those of other clients. */
const smallMaxSide = 1_024;
/** The header of a picture is within this: metadata and colour profiles before it take less. */
const headMaxBytes = 1024 * 1024;

const within = ({ width, height }: PictureSize, side: number, pixels: number): boolean =>
  width <= side && height <= side && width * height <= pixels;

/** A thumbnail or an avatar as a picture of the kind that its bytes are; `null` where it is none or is larger than such are. */
export function smallPicture(
  bytes: Uint8Array<ArrayBuffer> | null | undefined,
  maxBytes: number = limits.thumbnailMaxBytes,
): Blob | null {
  if (!bytes || bytes.length > maxBytes) return null;
  const known = pictureSize(bytes);
  if (known === null || !within(known, smallMaxSide, smallMaxSide ** 2)) return null;
  return new Blob([bytes], { type: known.type });
}

/**
 * Whether a browser may decode `content`: a few kilobytes can hold a picture that takes all the memory there is. A picture whose header
 * cannot be read is not decoded either.
 */
export async function canDecode(content: Blob): Promise<boolean> {
  const head = new Uint8Array(await content.slice(0, headMaxBytes).arrayBuffer());
  const known = pictureSize(head);
  return known !== null && within(known, pictureMaxSide, pictureMaxPixels);
}

export const tooLargeToShow = 'This picture is too large to show here. Save it to open it.';
