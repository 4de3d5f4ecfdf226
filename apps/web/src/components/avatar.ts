import type { Profile } from '@undertone/protocol';
import { cleanName } from '../text/names.ts';

const tints = 8;

/**
 * Which of the eight tints an account has. From the username, which never changes and is there before the account is: sign-up shows
 * the picture that one will have.
 */
export function avatarTint(username: string): number {
  const seed = username.normalize('NFKC').trim().toLowerCase();
  let hash = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % tints;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const firstGrapheme = (word: string): string => segmenter.segment(word)[Symbol.iterator]().next().value?.segment ?? '';

/** One or two letters: the first of the first and last word of a display name, else the first of the username. */
export function avatarInitials(profile: Pick<Profile, 'username' | 'displayName'>): string {
  const words = cleanName(profile.displayName ?? '')
    .split(' ')
    .filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = firstGrapheme(words[0] ?? profile.username);
  const last = words.length > 1 ? firstGrapheme(words.at(-1) ?? '') : '';
  return `${first}${last}`.toLocaleUpperCase();
}
