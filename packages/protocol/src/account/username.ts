import { limits } from '../limits.ts';

/** Why a username is refused; each has a sentence in `usernameSentence`. */
export type UsernameProblem = 'too_short' | 'too_long' | 'bad_character' | 'mixed_scripts' | 'bad_edge';

export const usernameSentence: Record<UsernameProblem, string> = {
  too_short: 'Use at least 3 characters.',
  too_long: 'Use at most 32 characters.',
  bad_character: 'Use letters, digits, dots, hyphens and underscores only.',
  mixed_scripts: 'Use letters of one script only.',
  bad_edge: 'Begin and end with a letter or a digit, with single separators between.',
};

/** Japanese and Korean write with several scripts at once; each set counts as one (UTS #39 'single script'). */
const scriptSets: readonly RegExp[] = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Georgian',
  'Ethiopic',
  'Khmer',
]
  .map((script) => `\\p{Script=${script}}`)
  .concat([
    '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー',
    '\\p{Script=Han}\\p{Script=Hangul}',
    '\\p{Script=Han}\\p{Script=Bopomofo}',
  ])
  .map((set) => new RegExp(`^[${set}\\p{Script=Inherited}\\p{Nd}._-]*$`, 'u'));

/** The stored form: NFKC, trimmed. Case is kept for display; uniqueness is decided on the server's look-alike key. */
export function normalizeUsername(input: string): string {
  return input.normalize('NFKC').trim();
}

/** The first rule that `input` breaks, or `undefined` if it is a valid username (PRECIS-like, RFC 8265 in spirit). */
export function usernameProblem(input: string): UsernameProblem | undefined {
  const name = normalizeUsername(input);
  const length = [...name].length;
  if (length < limits.usernameMinChars) return 'too_short';
  if (length > limits.usernameMaxChars) return 'too_long';
  if (!/^[\p{L}\p{M}\p{Nd}._-]+$/u.test(name)) return 'bad_character';
  if (!/^[\p{L}\p{Nd}]/u.test(name) || !/[\p{L}\p{M}\p{Nd}]$/u.test(name) || /[._-]{2}/.test(name)) return 'bad_edge';
  if (!scriptSets.some((set) => set.test(name))) return 'mixed_scripts';
  return undefined;
}
