import { isOneEmoji } from '@undertone/client/view';

const most = 8;
/** Longer than any eight emoji: such a text is not looked at. */
const mostUnits = most * 40;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const plain = /[\p{L}\p{N}]/u;

/** Whether `text` is nothing but a few emoji, which are shown large. */
export function emojiOnly(text: string): boolean {
  if (text.length === 0 || text.length > mostUnits || plain.test(text[0] ?? '')) return false;
  let count = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (/^\s+$/.test(segment)) continue;
    count += 1;
    if (count > most || !isOneEmoji(segment)) return false;
  }
  return count > 0;
}
