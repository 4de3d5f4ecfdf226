import type { Core } from '@undertone/client/view';
import { createContext } from 'svelte';
import type { ChatState } from '../state/chat-state.svelte.ts';
import { ServerRetention } from '../state/server-retention.svelte.ts';
import { rememberAccountSeen } from './known-account.ts';
import { LeavingNotice } from './leaving.svelte.ts';
import { loadPage } from './pages.ts';
import { Router } from './router.svelte.ts';

interface FakeCoreModule {
  fakeCore(query: URLSearchParams): Core;
}

/**
 * What every page gets by `getApp()`. The core (worker, keys, socket) is started on demand only: the sign-up and sign-in
 * pages load without it.
 */
export class App {
  readonly router = new Router();
  readonly retention = new ServerRetention();
  readonly leaving = new LeavingNotice();
  #core: Promise<Core> | undefined;
  #chat: Promise<ChatState> | undefined;

  /** The core, started at the first call. Signing up or in: `await rest.signUp(…)`, then `enter()`. */
  core(): Promise<Core> {
    this.#core ??= this.#start().catch((error: unknown) => {
      // A chunk that did not arrive: the next call tries again.
      this.#core = undefined;
      throw error;
    });
    return this.#core;
  }

  /** Someone is about to sign up or in: load and start what comes after, while they type. */
  prepare(): void {
    void this.core().catch(() => undefined);
    void loadPage('room').catch(() => undefined);
  }

  /** The chat's state over the core, for pages that show who is signed in and how things are. */
  chat(): Promise<ChatState> {
    this.#chat ??= this.#openChat();
    return this.#chat;
  }

  /** After sign-up or sign-in by REST: let the core open the keys, and go to the chat. */
  async enter(path = '/'): Promise<void> {
    rememberAccountSeen();
    try {
      const core = await this.core();
      await core.sessionChanged();
    } catch {
      // One is signed in all the same; a fresh page starts the core anew and says what is wrong if it cannot.
      location.replace(path);
      return;
    }
    this.router.navigate(path, { replace: true });
  }

  async #openChat(): Promise<ChatState> {
    // Known by the time that someone looks at a room's beginning.
    void this.retention.load();
    const [{ ChatState }, core] = await Promise.all([import('../state/chat-state.svelte.ts'), this.core()]);
    const chat = await ChatState.open(core);
    // For as long as the page lives, whatever it shows.
    $effect.root(() => {
      $effect(() => {
        const { phase, problem } = chat.session;
        if (phase === 'signed_out') this.leaving.follow(problem);
        else if (phase === 'ready') this.leaving.follow(null);
      });
    });
    return chat;
  }

  async #start(): Promise<Core> {
    if (import.meta.env.DEV && this.router.query.has('fake')) {
      // By name only: nothing of the product imports what is for tests, and no build has this branch.
      const [load] = Object.values(import.meta.glob<FakeCoreModule>('../testing/fake-core.ts'));
      if (load) return (await load()).fakeCore(this.router.query);
    }
    const { connectCore } = await import('../core/connect-core.ts');
    return connectCore();
  }
}

export const [getApp, setApp] = createContext<App>();
