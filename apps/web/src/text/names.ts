import type { Profile } from '@undertone/protocol';

/**
 * Characters that a name cannot have: controls, line and paragraph separators, bidi embeddings, overrides and isolates (UAX #9),
 * zero-width characters other than the joiners that emoji and some scripts need, and tag characters outside of flags.
 */
const unwanted =
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/gu;
/** More than four combining marks in a row only serve to paint over neighbouring lines. */
const markPiles = /(\p{M}{4})\p{M}+/gu;

/** A name as it may be shown: without characters that reorder or hide text, spaces collapsed. */
export function cleanName(name: string): string {
  return name.replace(unwanted, '').replace(markPiles, '$1').replace(/\s+/gu, ' ').trim();
}

/** What a person is called: the display name if there is one, else the username. */
export function nameOf(profile: Pick<Profile, 'username' | 'displayName'>): string {
  return cleanName(profile.displayName ?? '') || cleanName(profile.username);
}
