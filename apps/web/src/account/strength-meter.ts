import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs } from '@zxcvbn-ts/language-common';

/** How hard a password is to guess, from 0 (at once) to 4, and what makes it easy. */
export interface Strength {
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly hint: string | null;
}

/** The library's warnings, by its keys, in our words. */
const hints: Readonly<Record<string, string>> = {
  straightRow: 'Keys in a row are easy to guess.',
  keyPattern: 'Patterns on the keyboard are easy to guess.',
  simpleRepeat: 'Repeated characters are easy to guess.',
  extendedRepeat: 'Repeated patterns are easy to guess.',
  sequences: 'Sequences like “abc” are easy to guess.',
  recentYears: 'Years are easy to guess.',
  dates: 'Dates are easy to guess.',
  topTen: 'Variations of it are among the first that are tried.',
  topHundred: 'Variations of it are among the first that are tried.',
  common: 'It is close to a common password.',
  similarToCommon: 'It is close to a common password.',
  userInputs: 'It contains your name.',
};

/** Passwords are looked at up to here: what is longer is strong anyway, and the work stays under a frame. */
const maxChars = 64;

/**
 * A meter on the list of common passwords (may be empty), built in a few milliseconds. `about` holds what others know of the person.
 * This module is a chunk of its own; import it when someone types.
 */
export function createStrengthMeter(
  common: Iterable<string>,
): (password: string, about: readonly string[]) => Strength {
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { passwords: [...common] },
    graphs: adjacencyGraphs,
    useLevenshteinDistance: true,
    maxLength: maxChars,
  });
  return (password, about) => {
    const { score, feedback } = zxcvbn.check(password, about.filter(Boolean));
    return { level: score, hint: feedback.warning === null ? null : (hints[feedback.warning] ?? null) };
  };
}
