import { RestClient } from '@undertone/client/rest';
import type { Core } from '@undertone/client/view';
import { createContext } from 'svelte';
import { rememberAccountSeen } from './known-account.ts';
import { Router } from './router.svelte.ts';

/**
 * What every page gets by `getApp()`. The core (worker, keys, socket) is started on demand only: the sign-up and sign-in
 * pages load without it.
 */
export class App {
  readonly rest = new RestClient();
  readonly router = new Router();
  #core: Promise<Core> | undefined;

  /** The core, started at the first call. Signing up or in: `await rest.signUp(…)`, then `enter()`. */
  core(): Promise<Core> {
    this.#core ??= this.#start();
    return this.#core;
  }

  /** After sign-up or sign-in by REST: let the core open the keys, and go to the chat. */
  async enter(path = '/'): Promise<void> {
    rememberAccountSeen();
    const core = await this.core();
    await core.sessionChanged();
    this.router.navigate(path, { replace: true });
  }

  async #start(): Promise<Core> {
    if (import.meta.env.DEV && this.router.query.has('fake')) {
      const { fakeCore } = await import('../testing/fake-core.ts');
      return fakeCore(this.router.query);
    }
    const load = Object.values(import.meta.glob<{ connectCore(): Core }>('../core/connect-core.ts'))[0];
    if (!load) throw new Error('The core is not built yet.');
    return (await load()).connectCore();
  }
}

export const [getApp, setApp] = createContext<App>();
