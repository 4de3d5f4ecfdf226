/** What the app does with a file. Only what is named here is ever shown; everything else can be saved. */
export type FileKind = 'picture' | 'video' | 'audio' | 'text' | 'pdf' | 'other';

/**
 * Media types come from another person's program. These are decoded as pixels and samples, or shown as characters. SVG, HTML and XML
 * are left out on purpose: they are programs. PDF is drawn by a library, as pixels: the policy allows no frames.
 */
const kinds: Readonly<Record<string, FileKind>> = {
  'image/jpeg': 'picture',
  'image/png': 'picture',
  'image/webp': 'picture',
  'image/gif': 'picture',
  'image/avif': 'picture',
  'image/bmp': 'picture',
  'video/mp4': 'video',
  'video/webm': 'video',
  'video/ogg': 'video',
  'video/quicktime': 'video',
  'audio/mpeg': 'audio',
  'audio/mp4': 'audio',
  'audio/aac': 'audio',
  'audio/ogg': 'audio',
  'audio/wav': 'audio',
  'audio/x-wav': 'audio',
  'audio/webm': 'audio',
  'audio/flac': 'audio',
  'audio/x-flac': 'audio',
  'audio/x-m4a': 'audio',
  'text/plain': 'text',
  'text/csv': 'text',
  'text/markdown': 'text',
  'application/json': 'text',
  'application/pdf': 'pdf',
};

/** The media type without parameters, in lower case. */
export const bareType = (mediaType: string): string => (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();

export function kindOf(mediaType: string): FileKind {
  const type = bareType(mediaType);
  return Object.hasOwn(kinds, type) ? (kinds[type] ?? 'other') : 'other';
}

/** Larger documents are for a program of their own: the whole of it is in memory while it is shown. */
const pdfMaxBytes = 64 * 1024 * 1024;

/** Longer texts are for an editor. */
export const textMaxBytes = 2 * 1024 * 1024;

/** Whether a document of this kind and size is opened in the app; the others are saved. */
export const opensHere = (kind: FileKind, bytes: number): boolean =>
  (kind === 'text' && bytes <= textMaxBytes) || (kind === 'pdf' && bytes <= pdfMaxBytes);

/** Pictures up to here are fetched by themselves in public rooms. */
export const fetchedMaxBytes = 10 * 1024 * 1024;

const words: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/zip': 'Archive',
  'application/gzip': 'Archive',
  'application/x-7z-compressed': 'Archive',
  'application/x-tar': 'Archive',
  'application/msword': 'Document',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Document',
  'application/vnd.oasis.opendocument.text': 'Document',
  'application/vnd.ms-excel': 'Spreadsheet',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Spreadsheet',
  'application/vnd.oasis.opendocument.spreadsheet': 'Spreadsheet',
  'application/x-msdownload': 'Program',
  'application/vnd.microsoft.portable-executable': 'Program',
  'application/x-apple-diskimage': 'Disk image',
  'image/svg+xml': 'Drawing',
  'text/html': 'Web page',
};

const families: readonly (readonly [string, string])[] = [
  ['image/', 'Picture'],
  ['video/', 'Video'],
  ['audio/', 'Audio'],
  ['text/', 'Text'],
];

/** What sort of file it is said to be. */
export function kindWords(mediaType: string): string {
  const type = bareType(mediaType);
  if (Object.hasOwn(words, type)) return words[type] ?? 'File';
  return families.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'File';
}
