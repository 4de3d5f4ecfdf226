import type { PreferencesChange } from '@undertone/client/view';
import type { App } from '../../app/app.svelte.ts';
import type { ChatState } from '../../state/chat-state.svelte.ts';
import { failureSentence } from '../../state/failure.ts';

/**
 * The part of the settings that the core keeps, encrypted on this browser. It is loaded after the page shows what the server
 * knows, because starting the core takes longer.
 */
export class ChatSettings {
  readonly #app: App;
  #chat = $state.raw<ChatState>();
  #failed = $state(false);

  constructor(app: App) {
    this.#app = app;
  }

  /** Undefined until the core runs and has its keys. */
  get chat(): ChatState | undefined {
    return this.#chat?.session.phase === 'ready' ? this.#chat : undefined;
  }

  /** The chat while it waits for the passphrase: nothing of the settings is shown then. */
  get locked(): ChatState | undefined {
    return this.#chat?.session.phase === 'locked' ? this.#chat : undefined;
  }

  /** Why there is nothing to choose; undefined while that is not known. */
  get problem(): string | undefined {
    if (this.#failed) return 'These choices could not be loaded. Reload the page to try again.';
    const phase = this.#chat?.session.phase;
    if (phase === undefined || phase === 'opening' || phase === 'ready' || phase === 'signed_out') return undefined;
    return 'These choices are kept with this browser’s keys, which it does not hold. The chat says what you can do about it.';
  }

  async load(): Promise<void> {
    this.#failed = false;
    try {
      const chat = await this.#app.chat();
      const { followInBackground } = await import('../../notifications/background.svelte.ts');
      followInBackground(this.#app, chat);
      this.#chat = chat;
    } catch (error) {
      this.#failed = true;
      reportError(error);
    }
  }
}

/** Changes preferences, and says what went wrong. One per section, so that it is said where one looks. */
export class PreferenceChanges {
  readonly #chat: ChatState;
  #failure = $state<string>();

  constructor(chat: ChatState) {
    this.#chat = chat;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  async change(change: PreferencesChange): Promise<boolean> {
    return await this.run(() => this.#chat.core.setPreferences(change));
  }

  async run(action: () => Promise<void>): Promise<boolean> {
    this.#failure = undefined;
    try {
      await action();
      return true;
    } catch (error) {
      this.#failure = failureSentence(error);
      return false;
    }
  }
}
