import { limits } from '@undertone/protocol';
import { utf8Length } from '../text/message-text.ts';
import { cleanName } from '../text/names.ts';

/** Device names that Windows takes for itself, whatever extension follows. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** What no file name can hold on one system or another, and the separators of paths. */
const forbidden = /[<>:"/\\|?*\u2215\u2044\u29f8\uff0f\uff3c]/gu;
/** Joiners and soft hyphens hide between letters; no name of a file needs them. */
const invisible = /\u00ad|\u034f|[\u115f\u1160\u180e\u200b-\u200f\u3164\uffa0]|[\u17b4\u17b5]|[\ufe00-\ufe0f]/gu;
/** Longer 'extensions' are part of the name. */
const extensionMaxChars = 12;
const nameless = 'file';

/** A name in two parts, so that its extension stays in view however short the line is. */
export interface NameParts {
  readonly stem: string;
  /** With its dot; empty for none. */
  readonly extension: string;
}

export function nameParts(name: string): NameParts {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || dot === name.length - 1 || name.length - dot > extensionMaxChars)
    return { stem: name, extension: '' };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** A name of another person's choosing as it is shown and as it is saved; they are the same, so that nothing surprises on disk. */
export function safeFileName(name: string): string {
  const plain = cleanName(name.normalize('NFC').replace(invisible, '')).replace(forbidden, '_');
  // Windows drops dots and spaces at the end; a dot at the start hides the file elsewhere.
  const trimmed = plain.replace(/^[\s.]+/u, '').replace(/[\s.]+$/u, '');
  const usable = /[^\s._]/u.test(trimmed) ? trimmed : nameless;
  return shortened(reserved.test(usable) ? `_${usable}` : usable);
}

/** At most `maxBytes` of UTF-8; what is cut off comes from the end of the stem. */
export function shortened(name: string, maxBytes: number = limits.fileNameMaxBytes): string {
  if (utf8Length(name) <= maxBytes) return name;
  const { stem, extension } = nameParts(name);
  const room = maxBytes - utf8Length(extension);
  let kept = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(stem)) {
    bytes += utf8Length(segment);
    if (bytes > room) break;
    kept += segment;
  }
  return `${kept.replace(/[\s.]+$/u, '')}${extension}`;
}
