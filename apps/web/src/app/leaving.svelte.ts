import type { Core } from '@undertone/client/view';
import { forgetHere } from './forget-here.ts';

const key = 'undertone.leaving';
const notForgotten =
  'Your recent emoji may still be on this browser. To remove them, clear this site’s data in the browser’s settings.';

/** What is left to do after someone signed out and removed their messages, for the page that they come to. */
export class LeavingNotice {
  #core = $state<string | null>(null);
  #page = $state<string | null>(null);

  /** In a sentence; null where nothing is left. */
  get problem(): string | null {
    return [this.#core, this.#page].filter(Boolean).join(' ') || null;
  }

  /** Whether an earlier page left something to do: the core goes on with it when it starts. */
  get isOpen(): boolean {
    try {
      return localStorage.getItem(key) !== null;
    } catch {
      return false;
    }
  }

  /** What the core says of it now. */
  follow(problem: string | null): void {
    this.#core = problem;
    try {
      if (problem === null) localStorage.removeItem(key);
      else localStorage.setItem(key, '1');
    } catch {
      // Storage is refused: it is shown in this tab only.
    }
  }

  /** Remove everything and sign out. What could not be done is `problem` afterwards; nothing keeps the rest from being done. */
  async leave(core: Pick<Core, 'signOut'>): Promise<void> {
    const forgotten = forgetHere().then(
      () => null,
      () => notForgotten,
    );
    await core.signOut(false);
    this.#page = await forgotten;
  }
}
