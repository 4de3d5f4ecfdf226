import { toBase64url } from '@undertone/protocol';
import type { UnsentDocument } from '../storage/records.ts';
import type { FileToSend } from '../view/index.ts';

/** The message of a file that is not on the server yet. */
export function fileDocument(file: FileToSend): Extract<UnsentDocument, { type: 'file' }> {
  const { content, name, mediaType, width, height, durationMs, thumbnail, caption, reply, mentions = [] } = file;
  return {
    v: 1,
    type: 'file',
    name,
    mediaType,
    bytes: content.size,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(thumbnail === undefined ? {} : { thumbnail: toBase64url(thumbnail) }),
    ...(caption === undefined || caption === '' ? {} : { caption }),
    ...(reply === undefined ? {} : { reply }),
    ...(mentions.length === 0 ? {} : { mentions: [...mentions] }),
  };
}
