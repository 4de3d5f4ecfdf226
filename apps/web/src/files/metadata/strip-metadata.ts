import { bareType } from '../file-kinds.ts';
import { ascii, type Bytes, MalformedPicture } from './bytes.ts';
import { strippedGif } from './gif.ts';
import { strippedJpeg } from './jpeg.ts';
import { strippedPng } from './png.ts';
import { strippedWebp } from './webp.ts';

/*
 * The file is taken apart and put together again without what says where, when and with what it was made; pixels, colours and animation
 * stay as they are. Drawing it on a canvas and encoding anew would be less code, but it costs quality, colours beyond sRGB and
 * animations, fails for pictures beyond the canvas's limits, and browsers that resist fingerprinting put noise into it. What is kept is
 * named, what is dropped is not: metadata that nobody has thought of yet goes as well.
 */
const strippers: readonly (readonly [RegExp, (bytes: Bytes) => Bytes])[] = [
  [/^\xff\xd8\xff/, strippedJpeg],
  [/^\x89PNG/, strippedPng],
  [/^RIFF....WEBP/s, strippedWebp],
  [/^GIF8/, strippedGif],
];

const types: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/apng']);

/** Whether metadata can be removed from files of this type. What is within decides in the end. */
export const canStrip = (mediaType: string): boolean => types.has(bareType(mediaType));

/** Larger pictures are not taken into memory. */
export const strippedMaxBytes = 100 * 1024 * 1024;

/** `file` without location, camera and other metadata; `null` where it is no picture that this can be done with. */
export async function withoutMetadata(file: Blob): Promise<Blob | null> {
  if (file.size > strippedMaxBytes) return null;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const head = ascii(bytes, 0, 16);
  const stripped = strippers.find(([pattern]) => pattern.test(head))?.[1];
  if (!stripped) return null;
  try {
    return new Blob([stripped(bytes)], { type: file.type });
  } catch (error) {
    if (error instanceof MalformedPicture || error instanceof RangeError) return null;
    throw error;
  }
}
