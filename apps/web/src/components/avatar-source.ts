import { limits } from '@undertone/protocol';
import type { Attachment } from 'svelte/attachments';
import { smallPicture } from '../files/picture-bounds.ts';

const keptMax = 500;
const kept = new Map<string, Promise<string | null>>();

async function fetchAvatar(hash: string): Promise<string | null> {
  const response = await fetch(`/api/avatars/${hash}`);
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const picture = smallPicture(new Uint8Array(await response.arrayBuffer()), limits.avatarMaxBytes);
  return picture && URL.createObjectURL(picture);
}

/**
 * The address of the picture called `hash`; `null` where it cannot be had, or is larger than avatars are. Bytes that anybody may have
 * uploaded are looked at before the browser decodes them. Each picture is fetched once and lives as long as the page, or until many
 * others came.
 */
export function avatarSource(hash: string): Promise<string | null> {
  let source = kept.get(hash);
  kept.delete(hash);
  source ??= fetchAvatar(hash).catch(() => {
    // The connection failed: the next one who shows it tries again.
    kept.delete(hash);
    return null;
  });
  kept.set(hash, source);
  const [oldest] = kept;
  if (kept.size > keptMax && oldest) {
    kept.delete(oldest[0]);
    void oldest[1].then((url) => url !== null && URL.revokeObjectURL(url));
  }
  return source;
}

let observer: IntersectionObserver | undefined;
const waiting = new WeakMap<Element, () => void>();

/** Call `seen` once the element is in view, or nearly. */
export const whenNearby =
  (seen: () => void): Attachment =>
  (element) => {
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          observer?.unobserve(target);
          waiting.get(target)?.();
        }
      },
      { rootMargin: '400px' },
    );
    waiting.set(element, seen);
    observer.observe(element);
    return () => observer?.unobserve(element);
  };
