import { limits } from '../limits.ts';

/** The address of a public room, from its name: letters and digits in lower case, hyphens between. Empty if none remain. */
export function slugFromName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{Nd}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, limits.roomSlugMaxChars);
}
