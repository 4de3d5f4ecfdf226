import { createClient, ErrorReply } from '@redis/client';

export interface RedisTimes {
  /** How often this process sends itself a message by Redis. */
  readonly echoEveryMs: number;
  /** Redis counts as away when such a message has not come back for so long: a network that swallows packets closes nothing. */
  readonly echoMaxMs: number;
  /** How long after a failed try the next one begins. */
  readonly retryMs: number;
}

export interface RedisLinkOptions {
  readonly url: string;
  /** Goes before every channel and key, so that several deployments may share a Redis. */
  readonly namespace: string;
  /** Names this process among those that share the Redis. */
  readonly processId: string;
  readonly times: RedisTimes;
  readonly onMessage: (channel: string, data: Uint8Array) => void;
  /** Redis is away, or it is back, with every subscription in force. */
  readonly onChange: (up: boolean) => void;
  /** Why Redis is away, for the log: told when it goes, and when the reason is another one. */
  readonly onAway: (reason: string) => void;
}

/** Channels of one SUBSCRIBE. */
const channelsAtOnce = 500;
const connectMaxMs = 1_000;
/** Signing in, and subscribing to what may be thousands of rooms. */
const openMaxMs = 5_000;

const clientOf = (url: string) =>
  createClient({
    url,
    // Pub/sub and commands share the connection, so what comes back by it tells of both.
    RESP: 3,
    maintNotifications: 'disabled',
    // A timer and a signal for each command; that Redis does not answer is noticed by the echo.
    commandOptions: { timeout: 0 },
    disableOfflineQueue: true,
    socket: { connectTimeout: connectMaxMs, reconnectStrategy: false },
  });

type Client = ReturnType<typeof clientOf>;

/**
 * The connection to Redis, made again for as long as this process runs. Nothing here fails while Redis is away: what is published is lost,
 * commands are answered by `undefined`, and subscriptions come into force when it is back.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #channels = new Set<string>();
  readonly #echoChannel: string;
  #client: Client | undefined;
  #up = false;
  /** Why it is away, as it was told. */
  #reason: string | undefined;
  #closed = false;
  #heardAt = 0;
  #echo: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#echoChannel = `echo:${options.processId}`;
    this.#channels.add(this.#echoChannel);
  }

  /** Whether Redis passes messages on, and every subscription is in force. */
  get up(): boolean {
    return this.#up;
  }

  /** Begin. Resolves when the first try has come to its end, whatever that is. */
  start(): Promise<void> {
    return this.#connect();
  }

  /** Returns false where Redis is away. True does not say that anybody got it. */
  publish(channel: string, data: Uint8Array): boolean {
    const client = this.#client;
    if (!this.#up || client === undefined) return false;
    client.publish(this.#named(channel), bufferOf(data)).catch((error: unknown) => this.#lost(client, error));
    return true;
  }

  /** Resolves when messages of these channels come in, or Redis is away: then they do as soon as it is back. */
  async subscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#channels.add(channel);
    const client = this.#client;
    if (!this.#up || client === undefined) return;
    await this.#subscribeOn(client, channels).catch((error: unknown) => this.#lost(client, error));
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    const client = this.#client;
    if (!this.#up || client === undefined) return;
    client.unsubscribe(this.#named(channel)).catch((error: unknown) => this.#lost(client, error));
  }

  /** Run a script; undefined where Redis is away or refuses it. Keys get the namespace. */
  async evaluate(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const client = this.#client;
    if (!this.#up || client === undefined) return undefined;
    const options = { keys: keys.map((key) => this.#named(key)), arguments: args.map(String) };
    try {
      return await client.eval(script, options);
    } catch (error) {
      // What Redis itself refuses says nothing of the connection.
      if (!(error instanceof ErrorReply)) this.#lost(client, error);
      return undefined;
    }
  }

  close(): void {
    this.#closed = true;
    this.#up = false;
    clearTimeout(this.#retry);
    this.#drop();
  }

  #named(name: string): string {
    return `undertone:${this.#options.namespace}:${name}`;
  }

  async #connect(): Promise<void> {
    const client = clientOf(this.#options.url);
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection ended')));
    try {
      await withinMs(openMaxMs, this.#open(client));
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#client !== client || this.#closed) return;
    this.#up = true;
    this.#reason = undefined;
    this.#heardAt = performance.now();
    this.#echo = setInterval(() => this.#sendEcho(client), this.#options.times.echoEveryMs);
    this.#options.onChange(true);
  }

  async #open(client: Client): Promise<void> {
    await client.connect();
    await this.#subscribeOnAll(client);
  }

  /** Also to those that are asked for meanwhile. */
  async #subscribeOnAll(client: Client): Promise<void> {
    const done = new Set<string>();
    for (;;) {
      const missing = [...this.#channels].filter((channel) => !done.has(channel));
      if (missing.length === 0) return;
      await this.#subscribeOn(client, missing);
      for (const channel of missing) done.add(channel);
    }
  }

  async #subscribeOn(client: Client, channels: readonly string[]): Promise<void> {
    const names = channels.map((channel) => this.#named(channel));
    for (let at = 0; at < names.length; at += channelsAtOnce) {
      await client.subscribe(names.slice(at, at + channelsAtOnce), this.#receive, true);
    }
  }

  readonly #receive = (message: Buffer, name: Buffer): void => {
    const channel = name.toString().slice(this.#named('').length);
    if (channel === this.#echoChannel) this.#heardAt = performance.now();
    else this.#options.onMessage(channel, new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
  };

  #sendEcho(client: Client): void {
    const isLate = (): boolean => performance.now() - this.#heardAt > this.#options.times.echoMaxMs;
    // After what this process has not read yet: it may have been busy itself.
    if (isLate()) {
      setImmediate(() => {
        if (isLate()) this.#lost(client, new Error('no message comes back'));
      });
    }
    this.publish(this.#echoChannel, new Uint8Array());
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client || this.#closed) return;
    const wasUp = this.#up;
    this.#up = false;
    this.#drop();
    this.#retry = setTimeout(() => void this.#connect(), this.#options.times.retryMs).unref();
    const reason = this.#sayable(error);
    if (reason !== this.#reason) this.#options.onAway(reason);
    this.#reason = reason;
    if (wasUp) this.#options.onChange(false);
  }

  /** What is wrong, without the password: a Redis that does not know a command repeats what it was sent. */
  #sayable(error: unknown): string {
    const { message, code } = error as NodeJS.ErrnoException;
    const text = message || code || 'unknown';
    const password = decodeURIComponent(new URL(this.#options.url).password);
    return password === '' ? text : text.replaceAll(password, '…');
  }

  #drop(): void {
    clearInterval(this.#echo);
    const client = this.#client;
    this.#client = undefined;
    if (client?.isOpen) client.destroy();
  }
}

/** Fails when it takes longer: something may take connections for a Redis that is not there. */
async function withinMs<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const bufferOf = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
