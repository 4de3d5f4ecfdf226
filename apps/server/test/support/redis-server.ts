import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/testing/free-port.ts';

/** Whether a Redis can be started here (Debian: redis-server). Without it the tests that need one are skipped, visibly. */
export const redisAvailable = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

/** A Redis of the test's own, which keeps nothing on disk and can be stopped and started again on its port. */
export class RedisServer {
  readonly url: string;
  readonly #host: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.url = `redis://${host}:${port}`;
  }

  /** `host`: the address on which it listens. */
  static async create(host = '127.0.0.1'): Promise<RedisServer> {
    return new RedisServer(host, await freePort());
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.#port), '--bind', this.#host, '--protected-mode', 'no'];
    const child = spawn('redis-server', [...args, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    this.#child = child;
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`Redis did not start: exit code ${child.exitCode}`);
      await delay(20);
    }
  }

  /** End it without warning. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Stop it where it is, with its connections open, or let it go on. */
  freeze(frozen: boolean): void {
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async #answers(): Promise<boolean> {
    const socket = connect(this.#port, this.#host);
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return connected;
  }
}
