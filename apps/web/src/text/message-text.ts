/**
 * Characters that make a line read otherwise than it is stored: bidi embeddings and overrides (UAX #9), and controls other than
 * tab and newline. Isolates are harmless, because every message stands in an isolate of its own.
 */
const deceptive = /[\u202a-\u202e]|(?![\t\n])\p{Cc}/gu;

/** A message's text as it may be shown: deceptive characters become a visible U+FFFD, line ends become `\n`. */
export function cleanMessage(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(deceptive, '\ufffd');
}

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** One line for lists: line ends become spaces. */
export function firstLine(text: string, maxChars = 120): string {
  return cleanMessage(text.slice(0, maxChars * 4))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxChars);
}
