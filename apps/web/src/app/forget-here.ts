import { forgetEmoji } from '../chat/emoji/recent-emoji.ts';
import { forgetPath } from '../chat/home.ts';

/**
 * Remove what pages keep of a person outside of the core's storage: the room where they were, and the emoji that they use. What stays
 * names nobody: the theme, and that this browser was used before. Rejects if something is still there.
 */
export async function forgetHere(): Promise<void> {
  forgetPath();
  await forgetEmoji();
}
