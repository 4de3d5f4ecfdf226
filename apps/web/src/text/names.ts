import type { PersonView } from '@undertone/client/view';

/**
 * Characters that a name cannot have: controls, line and paragraph separators, bidi embeddings, overrides and isolates (UAX #9), soft
 * hyphens and other zero-width characters than the joiners and selectors that emoji and some scripts need, and tag characters outside
 * of flags.
 */
const unwanted =
  /\u034f|[\u17b4\u17b5]|[\u180b-\u180f]|[\p{Cc}\u00ad\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/gu;
/** White space, and letters and symbols that are drawn as nothing: Hangul fillers, an empty Braille cell, an empty note head. */
const blanks = /[\s\u115f\u1160\u2800\u3164\uffa0\u{1d159}]+/gu;
/** More than four combining marks in a row only serve to paint over neighbouring lines. */
const markPiles = /(\p{M}{4})\p{M}+/gu;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;
const rightToLeft =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** A name as it may be shown: without characters that reorder or hide text, spaces collapsed. Empty where nothing of it can be seen. */
export function cleanName(name: string): string {
  const clean = name.replace(unwanted, '').replace(blanks, ' ').replace(markPiles, '$1').trim();
  return visible.test(clean) ? clean : '';
}

type Named = Pick<PersonView, 'username' | 'displayName'> & Partial<Pick<PersonView, 'alike'>>;

/** A display name could be made to look like one with a username after it. */
const feignsUsername = (name: string): boolean => name.normalize('NFKC').includes('@');

export interface NameParts {
  readonly name: string;
  /** Has to stand beside the name: alone it could be taken for someone else's. */
  readonly username: string | null;
}

/** `nameOf` in two parts, for where a long name is cut off and the username must not be. */
export function nameParts(person: Named): NameParts {
  const display = cleanName(person.displayName ?? '');
  const username = cleanName(person.username);
  if (display === '') return { name: person.alike ? `@${username}` : username, username: null };
  return { name: display, username: person.alike || feignsUsername(display) ? `@${username}` : null };
}

/**
 * What a person is called, everywhere: the display name if there is one, else the username; both where the name alone could be taken
 * for someone else's.
 */
export function nameOf(person: Named): string {
  const { name, username } = nameParts(person);
  if (username === null) return name;
  // Isolated, so that a right-to-left name does not draw the username into its own order.
  return rightToLeft.test(name + username) ? `\u2068${name}\u2069 (\u2068${username}\u2069)` : `${name} (${username})`;
}

/** Whether there is a display name to be seen, with which the username can stand. */
export const hasDisplayName = (person: Named): boolean => cleanName(person.displayName ?? '') !== '';
