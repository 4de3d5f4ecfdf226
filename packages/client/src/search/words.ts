/** Scripts that are written without spaces between words. */
const spaceless = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;
const runs = /[\p{L}\p{M}\p{N}]+/gu;
/** Accents of Latin, Greek and Cyrillic. Marks of other scripts are vowels and the like: without them words are others. */
const accents = /[\u0300-\u036f]+/g;
/** Longer 'words' are keys and addresses: their beginning is enough. */
const maxUnits = 64;

const maxWords = 32;

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter(undefined, { granularity: 'word' }) : null;

function segments(run: string): string[] {
  if (segmenter === null) return [...run];
  return [...segmenter.segment(run)].flatMap(({ segment }) => segment.match(runs) ?? []);
}

/** The words of a text as they stand there. */
export function wordsOf(text: string): string[] {
  return (text.match(runs) ?? []).flatMap((run) => (spaceless.test(run) ? segments(run) : run));
}

/** How words are compared: without case, width and accents. */
export function folded(word: string): string {
  return word.slice(0, maxUnits).toLowerCase().normalize('NFKD').replace(accents, '').normalize('NFC');
}

/** What someone looks for: all of `whole`, and a word that begins with `start`. */
export interface Wanted {
  /** At most as many as people look for. */
  readonly whole: readonly string[];
  readonly start: string;
}

/** Null where the text holds no word. */
export function wantedIn(text: string): Wanted | null {
  const words = wordsOf(text)
    .map(folded)
    .filter((word) => word !== '');
  const start = words.at(-1);
  return start === undefined ? null : { whole: [...new Set(words.slice(0, -1))].slice(0, maxWords), start };
}

/** The words of `text` that `wanted` speaks of, as they stand there, each once; null unless all of them are there. */
export function foundIn(text: string, { whole, start }: Wanted): string[] | null {
  const missing = new Set(whole);
  const found = new Set<string>();
  let started = false;
  for (const word of wordsOf(text)) {
    const key = folded(word);
    const begins = key.startsWith(start);
    if (!begins && !whole.includes(key)) continue;
    started ||= begins;
    missing.delete(key);
    found.add(word);
  }
  return started && missing.size === 0 ? [...found] : null;
}
