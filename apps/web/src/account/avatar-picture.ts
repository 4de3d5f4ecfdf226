import { limits } from '@undertone/protocol';
import { encodeWithin } from './avatar-encoding.ts';
import { type Area, reductionSteps, squareWithin } from './avatar-geometry.ts';

/** Larger files are not opened: decoding one could take the tab's memory. */
const fileMaxBytes = 30 * 1024 * 1024;

/** A picture cannot be used; its message is for the person. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** What the browser decodes to; the file's own format does not matter, since it is written anew. */
export const pictureTypes = 'image/png,image/jpeg,image/webp,image/avif,image/gif';

/**
 * Open a chosen file for cropping. The caller owns `image.src` and revokes it (`URL.revokeObjectURL`).
 * @throws PictureError where this browser cannot read it.
 */
export async function openPicture(file: Blob): Promise<HTMLImageElement> {
  if (file.size > fileMaxBytes) throw new PictureError('This file is larger than 30 MB. Choose a smaller picture.');
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    if (image.naturalWidth === 0 || image.naturalHeight === 0) throw new Error('The picture has no size.');
    return image;
  } catch (cause) {
    URL.revokeObjectURL(image.src);
    throw new PictureError('This browser cannot read that file. Choose a PNG, JPEG or WebP picture.', { cause });
  }
}

function draw(source: CanvasImageSource, area: Area, side: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) throw new PictureError('This browser cannot draw pictures just now. Try again after a reload.');
  // JPEG has no transparency: what was clear becomes white instead of black.
  context.fillStyle = 'white';
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, area.x, area.y, area.width, area.height, 0, 0, side, side);
  return canvas;
}

/**
 * The avatar of `area`: a square of `limits.avatarPixels`, WebP or JPEG, at most `limits.avatarMaxBytes`. Only pixels pass through the
 * canvas, so place, time, camera and thumbnails of the original stay behind.
 */
export async function renderAvatar(image: HTMLImageElement, area: Area): Promise<Blob> {
  const whole = squareWithin(area, { width: image.naturalWidth, height: image.naturalHeight });
  const [first = limits.avatarPixels, ...others] = reductionSteps(whole.width, limits.avatarPixels);
  let canvas = draw(image, whole, first);
  for (const side of others) canvas = draw(canvas, { x: 0, y: 0, width: canvas.width, height: canvas.height }, side);
  const blob = await encodeWithin(
    limits.avatarMaxBytes,
    ({ type, quality }) => new Promise((resolve) => canvas.toBlob(resolve, type, quality)),
  );
  if (!blob) throw new PictureError('This picture could not be made small enough. Choose another.');
  return blob;
}
