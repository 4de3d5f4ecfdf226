import type { Core } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';
import type { Attachment } from 'svelte/attachments';

/** The core takes a view that is silent for longer for closed. */
const renewMs = 60_000;

/**
 * Whose presence this tab shows: what shows someone says so for as long as it does, and the core is told together what all of it needs.
 * What came last stands first, should it be more than the server tells of.
 */
export class PresenceWatch {
  readonly #core: Pick<Core, 'watch'>;
  readonly #view = crypto.randomUUID();
  readonly #shown = new Set<readonly AccountId[]>();
  #told: readonly AccountId[] = [];
  #changing: ReturnType<typeof setTimeout> | undefined;
  #renewing: ReturnType<typeof setTimeout> | undefined;

  constructor(core: Pick<Core, 'watch'>) {
    this.#core = core;
  }

  /** These are shown, until the function returned is called. */
  add(accounts: readonly AccountId[]): () => void {
    const shown = [...accounts];
    this.#shown.add(shown);
    this.#soon();
    return () => {
      this.#shown.delete(shown);
      this.#soon();
    };
  }

  /** The account is shown by an element of a long list, while that is in view. */
  whileSeen(account: AccountId): Attachment {
    return (element) => {
      let end: (() => void) | undefined;
      const observer = new IntersectionObserver((entries) => {
        const seen = entries.at(-1)?.isIntersecting ?? false;
        if (seen) end ??= this.add([account]);
        else {
          end?.();
          end = undefined;
        }
      });
      observer.observe(element);
      return () => {
        observer.disconnect();
        end?.();
      };
    };
  }

  /** Tell the core, which may be a new one. */
  tell(): void {
    clearTimeout(this.#renewing);
    this.#renewing = setTimeout(() => this.tell(), renewMs);
    const accounts = this.#accounts();
    this.#told = accounts;
    // While nobody's keys are open there is nobody to tell; the core says when that changes.
    this.#core.watch(this.#view, accounts).catch(() => undefined);
  }

  #accounts(): AccountId[] {
    return [...new Set([...this.#shown].reverse().flat())];
  }

  /** One call for all that is shown and hidden in a turn; none where it comes to the same. */
  #soon(): void {
    this.#changing ??= setTimeout(() => {
      this.#changing = undefined;
      const accounts = this.#accounts();
      const same = accounts.length === this.#told.length && accounts.every((account, i) => account === this.#told[i]);
      if (!same) this.tell();
    });
  }
}
