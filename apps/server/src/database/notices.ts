import pg from 'pg';

export interface NoticesOptions {
  readonly url: string;
  readonly onNotice: (text: string) => void;
  /** Listening began, at first or again: what was said before was not heard. */
  readonly onListening: () => void;
  readonly onError: (error: unknown) => void;
}

const channel = 'undertone';
const retryMs = 500;

/** Hears what processes on the same database say by NOTIFY, on a connection of its own that is made again whenever it breaks. */
export class Notices {
  readonly #options: NoticesOptions;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Begin. Resolves when the first try has come to its end, whatever that is. */
  async start(): Promise<void> {
    const { url, onNotice, onListening, onError } = this.#options;
    // Keep-alive finds a peer that is gone without a word: nothing is ever sent on this connection otherwise.
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
    });
    this.#client = client;
    client.on('notification', ({ payload = '' }) => onNotice(payload));
    client.on('error', () => {});
    client.on('end', () => {
      if (!this.#closed && this.#client === client) this.#again();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      onListening();
    } catch (error) {
      onError(error);
      if (this.#client === client) this.#again();
    }
  }

  /** Say something to all who listen; they hear it once it is committed. */
  async say(text: string): Promise<void> {
    await this.#client?.query('SELECT pg_notify($1, $2)', [channel, text]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  #again(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => {});
    this.#timer = setTimeout(() => void this.start(), retryMs).unref();
  }
}
