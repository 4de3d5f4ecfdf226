import type { Attachment } from 'svelte/attachments';
import { bareType } from './file-kinds.ts';

/** The content as what it is treated as here, not as what its sender says: a blob's type decides how a browser opens it. */
export const typed = (content: Blob, type: string): Blob => content.slice(0, content.size, type);

/** The element shows `content` for as long as it is there. */
export const showing =
  (content: Blob): Attachment<HTMLImageElement | HTMLMediaElement> =>
  (element) => {
    const url = URL.createObjectURL(content);
    element.src = url;
    return () => {
      element.removeAttribute('src');
      URL.revokeObjectURL(url);
    };
  };

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
];

/** A thumbnail as a picture of the kind that its bytes are; `null` for anything but JPEG, PNG and WebP. */
export function thumbnailBlob(bytes: Uint8Array<ArrayBuffer> | null | undefined): Blob | null {
  if (!bytes) return null;
  const type = signatures.find(([, start]) => start.every((byte, i) => bytes[i] === byte))?.[0];
  return type === undefined ? null : new Blob([bytes], { type });
}

export const typedAs = (content: Blob, mediaType: string): Blob => typed(content, bareType(mediaType));

export const sameBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((byte, i) => byte === b[i]));

/** How long a browser may take to begin with a download. */
const downloadMs = 60_000;

/** Save `content` under `name`, which is safe. It is never opened as what its sender calls it. */
export function saveAs(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(typed(content, 'application/octet-stream'));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), downloadMs);
}
