import { type Me, ProtocolError, type ServerConfig, type SessionInfo } from '@undertone/protocol';
import { formFailure } from '../../account/form-failure.ts';
import type { App } from '../../app/app.svelte.ts';
import { rest } from '../../app/rest.ts';
import { paths } from '../../app/routes.ts';

/** What the settings page knows of the account, read once and kept current by what is done here. */
export class Settings {
  readonly app: App;
  #me = $state.raw<Me>();
  #registration = $state<ServerConfig['registration']>();
  #sessions = $state.raw<readonly SessionInfo[]>([]);
  #problem = $state<string>();

  constructor(app: App) {
    this.app = app;
  }

  /** Undefined while it is being read. */
  get me(): Me | undefined {
    return this.#me;
  }

  get registration(): ServerConfig['registration'] | undefined {
    return this.#registration;
  }

  /** This browser's first, then by last use. */
  get sessions(): readonly SessionInfo[] {
    return this.#sessions;
  }

  /** Why the page could not be read, in a sentence. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async load(): Promise<void> {
    this.#problem = undefined;
    try {
      const [me, config, { sessions }] = await Promise.all([rest.me(), rest.config(), rest.sessions()]);
      this.#registration = config.registration;
      this.#take(sessions);
      this.#me = me;
    } catch (error) {
      if (this.signedOut(error)) return;
      this.#problem = formFailure(error, {}).sentence;
    }
  }

  /** Someone whose session ended goes to sign in, and comes back here. Whether that was it. */
  signedOut(error: unknown): boolean {
    if (!(error instanceof ProtocolError) || error.code !== 'not_signed_in') return false;
    this.app.router.navigate(`${paths.signIn}?next=${encodeURIComponent(paths.settings)}`, { replace: true });
    return true;
  }

  changed(me: Me): void {
    this.#me = me;
  }

  async reloadSessions(): Promise<void> {
    this.#take((await rest.sessions()).sessions);
  }

  /** End sessions of other browsers. Those that were ended already are no failure. */
  async revoke(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await rest.revokeSession(id).catch((error: unknown) => {
        if (!(error instanceof ProtocolError) || error.code !== 'not_found') throw error;
      });
      this.#sessions = this.#sessions.filter((session) => session.id !== id);
    }
  }

  #take(sessions: readonly SessionInfo[]): void {
    this.#sessions = sessions.toSorted((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt - a.lastSeenAt);
  }
}
