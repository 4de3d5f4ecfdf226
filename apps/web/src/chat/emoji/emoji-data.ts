import dataUrl from 'emoji-picker-element-data/en/emojibase/data.json?url';
import { bestMatches } from '../conversation/completion.ts';

export interface EmojiEntry {
  readonly emoji: string;
  readonly annotation: string;
  readonly shortcodes: readonly string[];
}

interface Raw {
  readonly emoji: string;
  readonly annotation: string;
  readonly shortcodes?: readonly string[];
}

/** Where the picker finds its data: a file of our own. */
export const emojiDataUrl: string = dataUrl;

let loading: Promise<readonly EmojiEntry[]> | undefined;
let loaded: readonly EmojiEntry[] | undefined;

/** All emoji with their names, fetched at the first call. */
export function loadEmoji(): Promise<readonly EmojiEntry[]> {
  loading ??= fetchEmoji().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchEmoji(): Promise<readonly EmojiEntry[]> {
  const answer = await fetch(dataUrl);
  if (!answer.ok) throw new Error(`emoji data: ${answer.status}`);
  const raw = (await answer.json()) as readonly Raw[];
  loaded = raw.map(({ emoji, annotation, shortcodes = [] }) => ({ emoji, annotation, shortcodes }));
  return loaded;
}

/** Emoji whose names answer `query`, the best first. */
export const emojiFor = (all: readonly EmojiEntry[], query: string, most: number): readonly EmojiEntry[] =>
  bestMatches(all, ({ shortcodes }) => shortcodes, query, most);

/** The emoji that is called `shortcode`, if the data is here already. */
export const emojiNamed = (shortcode: string): string | undefined =>
  loaded?.find(({ shortcodes }) => shortcodes.includes(shortcode))?.emoji;
