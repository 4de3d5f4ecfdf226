import { z } from 'zod';

/** Shown to a person who chose a name that cannot be seen, or that disturbs the text around it. */
export const visibleNameSentence =
  'Use at least one visible character, and no hidden ones that change how text is displayed.';

/**
 * What no name may have: control characters, lone surrogates, line and paragraph separators, and what overrides, embeds or isolates
 * directions (UAX #9), by which one name could be shown as another. Marks of direction are left: names of right-to-left scripts use them.
 */
const forbidden = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/**
 * Letters and symbols that fonts show as nothing, beside those that Unicode calls ignorable: the empty braille pattern, the null note head,
 * the blank hieroglyphs, the object replacement character.
 */
const blank = /[\u2800\ufffc\u{1d159}\u{13441}\u{13442}]/gu;

/** What may be shown as nothing by its nature; emoji and some scripts need these between other characters. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/** Marks alone are shown on a dotted circle, or on what stands before the name; private and unassigned characters by chance. */
const seen = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Whether the name has a character that can be seen, and none that changes how the text around it is shown. */
export function isVisibleName(name: string): boolean {
  return !forbidden.test(name) && seen.test(name.replace(ignorable, '').replace(blank, ''));
}

/** A name that people see: in normal form C, trimmed, visible. */
export const visibleName = (maxChars: number) =>
  z.string().normalize('NFC').trim().min(1).max(maxChars).refine(isVisibleName, { message: visibleNameSentence });
