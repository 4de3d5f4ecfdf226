import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { cheapServer, root, templateDir } from './paths.ts';

export interface ServerOptions {
  readonly registration?: 'open' | 'invite' | 'closed';
  readonly logLevel?: string;
  /** The product's own entry, with its costly hashes and its limits, instead of the cheap one for tests. */
  readonly product?: boolean;
  /** After how many days it removes messages; it looks for them when it starts (the cheap one only). */
  readonly retentionDays?: number;
  /** How far the server's clock is off (the cheap one only). */
  readonly clockOffsetMs?: number;
}

const commands = {
  cheap: [cheapServer],
  product: [join(root, 'apps/server/dist/main.js')],
};

/** A server process on a free port, over a data folder of its own that outlives the process. */
export class TestServer {
  readonly dataDir: string;
  readonly port: number;
  readonly #options: ServerOptions;
  #process: ChildProcess | undefined;
  #lines: string[] = [];
  #log = '';

  private constructor(dataDir: string, port: number, options: ServerOptions) {
    this.dataDir = dataDir;
    this.port = port;
    this.#options = options;
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'undertone-e2e-'));
    await cp(templateDir, dataDir, { recursive: true });
    return await TestServer.#startIn(dataDir, options);
  }

  /** Make the folder that the others begin with. */
  static async makeTemplate(): Promise<void> {
    await rm(templateDir, { recursive: true, force: true });
    await mkdir(templateDir, { recursive: true });
    const server = await TestServer.#startIn(templateDir, {});
    await server.end('SIGTERM');
  }

  static async #startIn(dataDir: string, options: ServerOptions): Promise<TestServer> {
    const server = new TestServer(dataDir, await freePort(), options);
    await server.launch();
    return server;
  }

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** Everything that the processes wrote to their logs. */
  get log(): string {
    return this.#log;
  }

  /** The address with an invitation that a server by invitation prints. */
  get inviteLink(): string {
    const line = this.#lines.find((text) => text.includes('/signup?invite='));
    if (line === undefined) throw new Error('the server printed no invitation');
    return line.slice(line.indexOf('http'));
  }

  /** Start the process (again) on the same port and data. Resolves when it serves. */
  async launch(changes: Pick<ServerOptions, 'clockOffsetMs'> = {}): Promise<void> {
    const options = { ...this.#options, ...changes };
    const { registration = 'open', logLevel = 'warn', product = false, clockOffsetMs = 0, retentionDays = 0 } = options;
    const child = spawn(process.execPath, product ? commands.product : commands.cheap, {
      cwd: root,
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: String(this.port),
        DATA_DIR: this.dataDir,
        REGISTRATION: registration,
        LOG_LEVEL: logLevel,
        RETENTION_DAYS: String(retentionDays),
        E2E_CLOCK_OFFSET_MS: String(clockOffsetMs),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#log += data.toString();
    });
    for await (const line of createInterface({ input: child.stdout })) {
      this.#lines.push(line);
      if (line === this.origin) {
        child.stdout?.resume();
        return;
      }
    }
    throw new Error(`the server did not start: ${this.#log}`);
  }

  /** End the process: SIGTERM as an operator does, or SIGKILL as a power cut. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL', changes: Pick<ServerOptions, 'clockOffsetMs'> = {}): Promise<void> {
    await this.end(signal);
    await this.launch(changes);
  }

  /** End the process and delete its data. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
