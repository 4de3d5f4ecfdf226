import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../../../..');
/** What ships; it was built before the tests began. */
const built = join(root, 'apps/server/dist/main.js');

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

export interface ServerProcessOptions {
  readonly args?: readonly string[];
  /** Another build than that of this folder. */
  readonly main?: string;
  /** What goes before the command. */
  readonly prefix?: readonly string[];
}

/** The server in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly ended: Promise<Ended>;
  /** What it wrote to its log so far. */
  stderr = '';

  constructor(env: Record<string, string>, { args = [], main = built, prefix = [] }: ServerProcessOptions = {}) {
    const { PATH } = process.env;
    const [program = '', ...words] = [...prefix, process.execPath, main, ...args];
    const child = spawn(program, words, {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, LOG_LEVEL: 'debug', ...env },
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ended = once(child, 'close').then(([code]) => ({ code, stderr: this.stderr }));
  }

  /** The next line of its output; fails where it ends without one. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the server ended: ${this.stderr}`);
    return value;
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
