/** A word that is being typed and can be completed: `:smi` or `@ad`. */
export interface Completable {
  readonly kind: 'emoji' | 'person';
  /** Without its mark. */
  readonly query: string;
  /** Where the mark stands. */
  readonly from: number;
  /** The caret. */
  readonly to: number;
}

export interface Choice {
  readonly key: string;
  /** What replaces the word. */
  readonly insert: string;
  /** An emoji, where it is one. */
  readonly emoji?: string;
  readonly label: string;
  readonly detail: string;
}

const emojiWord = /(?:^|[\s([{>])(:([a-z0-9_+-]{2,40}))$/i;
const wholeShortcode = /(?:^|[^\w:])(:([a-z0-9_+-]{2,40}):)$/i;
const personWord = /(?:^|[\s([{>,;"'])(@([\p{L}\p{M}\p{N}._-]{0,32}))$/u;
/** As far back as a word can begin. */
const window = 48;

/** The word before the caret, if there is one to complete. */
export function completableAt(text: string, caret: number): Completable | null {
  const before = text.slice(Math.max(0, caret - window), caret);
  for (const [kind, pattern] of [
    ['emoji', emojiWord],
    ['person', personWord],
  ] as const) {
    const match = pattern.exec(before);
    if (match?.[1] !== undefined) return { kind, query: match[2] ?? '', from: caret - match[1].length, to: caret };
  }
  return null;
}

/** `:smile:` that has just been finished before the caret. */
export function shortcodeAt(text: string, caret: number): Completable | null {
  const match = wholeShortcode.exec(text.slice(Math.max(0, caret - window), caret));
  if (match?.[1] === undefined) return null;
  return { kind: 'emoji', query: (match[2] ?? '').toLowerCase(), from: caret - match[1].length, to: caret };
}

/** The best `most` of `candidates` for `query`: those that begin with it first, then those with a word that does. */
export function bestMatches<T>(
  candidates: readonly T[],
  namesOf: (candidate: T) => readonly string[],
  query: string,
  most: number,
): readonly T[] {
  const wanted = query.toLocaleLowerCase();
  const ranked: { readonly candidate: T; readonly rank: number }[] = [];
  for (const candidate of candidates) {
    let best = 4;
    for (const name of namesOf(candidate)) best = Math.min(best, rankOf(name.toLocaleLowerCase(), wanted));
    if (best < 4) ranked.push({ candidate, rank: best });
  }
  // The sort keeps the order of what ranks the same.
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

function rankOf(name: string, wanted: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  const at = name.indexOf(wanted);
  if (at < 0) return 4;
  return /[\s._-]/.test(name[at - 1] ?? '') ? 2 : 3;
}
