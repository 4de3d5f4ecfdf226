import { kindOf } from './file-kinds.ts';
import { canDecode } from './picture-bounds.ts';
import { thumbnailWithin } from './thumbnail-encoding.ts';

/** What can be told of a picture, video or sound before it is sent. */
export interface MediaFacts {
  readonly width?: number;
  readonly height?: number;
  readonly durationMs?: number;
  readonly thumbnail?: Uint8Array<ArrayBuffer>;
}

/** Larger pictures are not decoded just for a thumbnail. */
const decodedMaxBytes = 60 * 1024 * 1024;
const patienceMs = 6_000;

type Drawable = ImageBitmap | HTMLVideoElement;

async function thumbnailOf(source: Drawable, width: number, height: number): Promise<MediaFacts> {
  const blob = await thumbnailWithin(async ({ type, side, quality }) => {
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    const context = canvas.getContext('2d', { alpha: type === 'image/webp' });
    if (!context) return null;
    if (type === 'image/jpeg') {
      // JPEG has no transparency: what was clear becomes white instead of black.
      context.fillStyle = 'white';
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.imageSmoothingQuality = 'high';
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    return canvas.convertToBlob({ type, quality });
  });
  return { width, height, ...(blob && { thumbnail: new Uint8Array(await blob.arrayBuffer()) }) };
}

async function pictureFacts(file: Blob): Promise<MediaFacts> {
  if (file.size > decodedMaxBytes || !(await canDecode(file))) return {};
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    return await thumbnailOf(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** Resolves at the first `name` event; rejects on an error, or when `signal` runs out of patience. */
const eventOf = (media: HTMLMediaElement, name: string, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    media.addEventListener(name, () => resolve(), { once: true, signal });
    media.addEventListener('error', () => reject(new Error('It cannot be played here.')), { once: true, signal });
    signal.addEventListener('abort', () => reject(new Error('It took too long.')), { once: true });
  });

async function playedFacts(file: Blob, kind: 'video' | 'audio'): Promise<MediaFacts> {
  const media = document.createElement(kind);
  const url = URL.createObjectURL(file);
  const signal = AbortSignal.timeout(patienceMs);
  media.muted = true;
  media.preload = 'auto';
  try {
    const ready = eventOf(media, kind === 'video' ? 'loadeddata' : 'loadedmetadata', signal);
    media.src = url;
    await ready;
    // Recordings of browsers have no length in them.
    const duration = Number.isFinite(media.duration) ? { durationMs: Math.round(media.duration * 1_000) } : {};
    if (!(media instanceof HTMLVideoElement) || media.videoWidth === 0) return duration;
    if (Number.isFinite(media.duration)) {
      // The very first picture is often black.
      const seeked = eventOf(media, 'seeked', signal);
      media.currentTime = Math.min(1, media.duration / 10);
      await seeked;
    }
    return { ...(await thumbnailOf(media, media.videoWidth, media.videoHeight)), ...duration };
  } finally {
    media.removeAttribute('src');
    media.load();
    URL.revokeObjectURL(url);
  }
}

/** What this browser can tell of `file`; what it cannot read has no facts, and is sent all the same. */
export async function factsOf(file: Blob): Promise<MediaFacts> {
  const kind = kindOf(file.type);
  try {
    if (kind === 'picture') return await pictureFacts(file);
    if (kind === 'video' || kind === 'audio') return await playedFacts(file, kind);
  } catch {
    // Damaged, of a kind that this browser cannot decode, or too large for a canvas.
  }
  return {};
}
