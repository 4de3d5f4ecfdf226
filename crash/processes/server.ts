import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../apps/server/src/testing/free-port.ts';

const entry = join(import.meta.dirname, '../../apps/server/dist/main.js');

/** The server as it ships, in a process of its own that is killed and started again on the same port and folder. */
export class Server {
  readonly origin: string;
  readonly port: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #dataDir: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #stderr = '';

  private constructor(port: number, dataDir: string, env: Readonly<Record<string, string>>) {
    this.origin = `http://localhost:${port}`;
    this.port = port;
    this.#dataDir = dataDir;
    this.#env = {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: process.env.CRASH_LOG_LEVEL ?? 'silent',
      ...env,
    };
  }

  static async create(env: Readonly<Record<string, string>>): Promise<Server> {
    return new Server(await freePort(), await mkdtemp(join(tmpdir(), 'undertone-crash-')), env);
  }

  /** Where its database would be: a test may put one there before the first start. */
  get dataDir(): string {
    return this.#dataDir;
  }

  /** Begin a start. Resolves with the process, which does not answer yet. */
  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'pipe'], env: this.#env });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4_000);
      if (process.env.CRASH_LOG_LEVEL) process.stderr.write(text);
    });
    this.#ended = once(child, 'close');
    this.#child = child;
    return child;
  }

  /** Start it. Resolves with true when it listens, or with false where it was killed first. */
  async start(): Promise<boolean> {
    const child = this.#spawn();
    const ready = once(child.stdout ?? child, 'data').then(() => true);
    const ended = this.#ended.then(() => false);
    if (await Promise.race([ready, ended])) return true;
    if (child.signalCode === 'SIGKILL') return false;
    throw new Error(`the server did not start (exit code ${child.exitCode}): ${this.#stderr}`);
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ask it to end. Resolves with its exit code and how long that took. */
  async end(how: 'SIGTERM' | 'TERMINATE'): Promise<{ code: number | null; ms: number }> {
    const child = this.#child;
    const askedAt = performance.now();
    if (how === 'SIGTERM') child?.kill(how);
    else child?.stdin?.write(`${how}\n`);
    await this.#ended;
    return { code: child?.exitCode ?? null, ms: performance.now() - askedAt };
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
