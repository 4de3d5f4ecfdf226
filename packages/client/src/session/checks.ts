import { limits, ProtocolError } from '@undertone/protocol';
import { textBytes } from '../content/document.ts';
import { CoreError } from '../view/core.ts';
import type { FileToSend } from '../view/files.ts';

/** Refuses a text that cannot be sent: `invalid_request` for an empty one, `too_long`. */
export function checkText(text: string): void {
  if (text.trim() === '') throw new ProtocolError('invalid_request');
  if (textBytes(text) <= limits.messageTextMaxBytes) return;
  throw new CoreError({
    code: 'too_long',
    message: 'A message holds at most 16 KB of text. Shorten it or send it in parts.',
  });
}

/** Refuses a file that cannot be sent: `empty_file`, `too_long` for its name or caption. */
export function checkFile({ content, name, mediaType, caption = '', thumbnail }: FileToSend): void {
  if (content.size === 0) {
    throw new CoreError({ code: 'empty_file', message: 'This file is empty: there is nothing to send.' });
  }
  if (textBytes(caption) > limits.captionMaxBytes) {
    throw new CoreError({ code: 'too_long', message: 'The words with a file hold at most 4 KB. Shorten them.' });
  }
  if (name === '' || textBytes(name) > limits.fileNameMaxBytes) {
    throw new CoreError({ code: 'too_long', message: 'The name of a file has 1 to 255 bytes. Rename it first.' });
  }
  if (mediaType.length > 127 || (thumbnail?.length ?? 0) > limits.thumbnailMaxBytes) {
    throw new ProtocolError('invalid_request');
  }
}
