import type { Core } from '@undertone/client/view';
import type { AccountId, TimestampMs } from '@undertone/protocol';

/** When someone who is offline was last there; null while it is not known, or where it is not shown. */
export class LastSeen {
  readonly #core: Pick<Core, 'lastSeen'>;
  #at = $state<TimestampMs | null>(null);
  #asked = 0;

  constructor(core: Pick<Core, 'lastSeen'>) {
    this.#core = core;
  }

  get at(): TimestampMs | null {
    return this.#at;
  }

  async ask(account: AccountId): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const [found] = await this.#core.lastSeen([account]);
      if (asked === this.#asked) this.#at = found?.at ?? null;
    } catch {
      // Without a connection there is nothing to say, and nobody waits for it.
    }
  }

  forget(): void {
    this.#asked += 1;
    this.#at = null;
  }
}
