import { plainText } from '../markdown/plain.ts';
import { firstLine } from '../text/message-text.ts';

interface Said {
  readonly text: string;
  /** The file's name, if there was one. */
  readonly file: string | null;
  readonly deleted: boolean;
}

/** A message in one line: for quotes, pins, and what is read aloud. */
export function summaryOf({ text, file, deleted }: Said, maxChars = 200): string {
  if (deleted) return 'This message was deleted.';
  // The rest of a long text would not be seen: it is not read either.
  const words = firstLine(plainText(text.slice(0, maxChars * 4)), maxChars);
  if (file === null) return words;
  const name = firstLine(file, 80);
  return words === '' ? name : `${name}: ${words}`;
}
