import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer } from '../../apps/server/test/support/redis-server.ts';
import type { Random } from '../random.ts';
import type { Service } from './service.ts';

/** A Redis of the harness's own. It keeps nothing: what is in it may go at any time. */
export class Redis implements Service {
  readonly name = 'Redis';
  readonly env: Readonly<Record<string, string>>;
  readonly #server: RedisServer;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.env = { REDIS_URL: server.url };
  }

  static async create(): Promise<Redis> {
    return new Redis(await RedisServer.create());
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  /** SIGKILL, or first a while in which it does not answer, its connections open. */
  async kill(random: Random): Promise<string> {
    const silent = random.next() < 0.5;
    if (silent) {
      this.#server.freeze(true);
      await delay(random.between(0, 1_500));
    }
    await this.#server.kill();
    return silent ? 'SIGSTOP, SIGKILL' : 'SIGKILL';
  }

  remove(): Promise<void> {
    return this.#server.kill();
  }
}
