import { type Core, CoreError, type IdentityView } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';
import { failureSentence } from '../../state/failure.ts';

type Source = Pick<Core, 'identity' | 'setVerified' | 'acceptIdentity' | 'subscribe'>;

/**
 * The identity on the screen: number, name and trust come from one answer of the core and change together. What a button does names the
 * root of that answer, so nothing newer than what the person saw is ever marked or accepted.
 */
export class ShownIdentity {
  readonly #core: Source;
  readonly #account: AccountId;
  #view = $state.raw<IdentityView>();
  #failure = $state<string>();
  #busy = $state(false);
  #loading = $state(false);
  #replaced = $state(false);
  /** Loads that were begun: the answer of any but the last one is dropped. */
  #begun = 0;

  constructor(core: Source, account: AccountId) {
    this.#core = core;
    this.#account = account;
  }

  get view(): IdentityView | undefined {
    return this.#view;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** An action is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Another number took the place of one that was on the screen, and the person has not said that they saw it. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /** Another identity may be on its way. */
  get loading(): boolean {
    return this.#loading;
  }

  /**
   * The identity that can be marked or accepted just now. None while another one may be on its way, nor until the person has seen that
   * the number was replaced: a press that was meant for the number before must not count for the new one.
   */
  get settled(): IdentityView | undefined {
    return this.#loading || this.#replaced ? undefined : this.#view;
  }

  /** The person saw that the number was replaced. */
  seen(): void {
    this.#replaced = false;
  }

  /** Load, and load again whenever the core says something about the account. Returns the function that ends it. */
  follow(): () => void {
    void this.load();
    return this.#core.subscribe((event) => {
      const concerned =
        event.type === 'snapshot' || (event.type === 'people' && event.people.some(({ id }) => id === this.#account));
      if (concerned) void this.load();
    });
  }

  async load(): Promise<void> {
    this.#begun += 1;
    const begun = this.#begun;
    this.#loading = true;
    try {
      const view = await this.#core.identity(this.#account);
      if (begun !== this.#begun) return;
      if (this.#view !== undefined && this.#view.root !== view.root) this.#replaced = true;
      this.#view = view;
      this.#failure = undefined;
    } catch (error) {
      if (begun !== this.#begun) return;
      // A number that may be out of date is not left standing.
      this.#view = undefined;
      this.#failure = failureSentence(error);
    }
    this.#loading = false;
  }

  verify(verified: boolean): Promise<void> {
    return this.#act(({ root }) => this.#core.setVerified(this.#account, root, verified));
  }

  /** Accept this identity for chats that are started from now on. */
  accept(): Promise<void> {
    return this.#act(({ root, head }) => this.#core.acceptIdentity(null, this.#account, root, head));
  }

  async #act(action: (shown: IdentityView) => Promise<void>): Promise<void> {
    const shown = this.settled;
    if (shown === undefined || this.#busy) return;
    this.#busy = true;
    try {
      await action(shown);
      await this.load();
    } catch (error) {
      const changed = error instanceof CoreError && error.code === 'identity_changed';
      if (changed) {
        this.#replaced = true;
        await this.load();
      } else {
        this.#failure = failureSentence(error);
      }
    }
    this.#busy = false;
  }
}
