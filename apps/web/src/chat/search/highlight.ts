export interface Part {
  readonly text: string;
  readonly found: boolean;
}

const spaceless = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;
const inWord = '[\\p{L}\\p{M}\\p{N}]';
const before = 60;

const pattern = (term: string): string => {
  const literal = term.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return spaceless.test(term) ? literal : `(?<!${inWord})${literal}(?!${inWord})`;
};

/** `text` cut at the words that were found. */
export function highlighted(text: string, terms: readonly string[]): readonly Part[] {
  if (terms.length === 0) return [{ text, found: false }];
  const longestFirst = terms.toSorted((a, b) => b.length - a.length);
  const words = new RegExp(longestFirst.map(pattern).join('|'), 'gu');
  const parts: Part[] = [];
  let from = 0;
  for (const { index, 0: word } of text.matchAll(words)) {
    if (index > from) parts.push({ text: text.slice(from, index), found: false });
    parts.push({ text: word, found: true });
    from = index + word.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), found: false });
  return parts;
}

/** The stretch of a long text where the first word was found, as one line. */
export function excerpt(text: string, terms: readonly string[], most = 240): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const first = highlighted(line, terms).findIndex((part) => part.found);
  const at =
    first <= 0
      ? 0
      : highlighted(line, terms)
          .slice(0, first)
          .reduce((sum, part) => sum + part.text.length, 0);
  if (at < before + 40) return line.slice(0, most);
  const start = line.indexOf(' ', at - before);
  return `… ${line.slice(start < 0 || start > at ? at : start + 1, at + most)}`;
}
