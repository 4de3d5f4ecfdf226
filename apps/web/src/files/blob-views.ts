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
