import type { RestClient } from '@undertone/client/rest';

/** How long the server says that it keeps messages (SPEC L9). */
export class ServerRetention {
  readonly #rest: Pick<RestClient, 'config'>;
  #days = $state<number>();
  #asking = false;

  constructor(rest: Pick<RestClient, 'config'>) {
    this.#rest = rest;
  }

  /** 0: for ever. Undefined while it is not known. */
  get days(): number | undefined {
    return this.#days;
  }

  /** Ask for it, once it is wanted. Without a connection it stays unknown, and the next one who wants it asks again. */
  async load(): Promise<void> {
    if (this.#asking || this.#days !== undefined) return;
    this.#asking = true;
    try {
      this.#days = (await this.#rest.config()).retentionDays;
    } catch {
      // Only a sentence goes without its number.
    } finally {
      this.#asking = false;
    }
  }
}
