import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../apps/server/src/testing/free-port.ts';
import type { Random } from '../random.ts';
import type { Service } from './service.ts';

/** Where PostgreSQL's programs are: `PG_BIN`, or where Debian puts them, the newest first. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  const { PG_BIN } = process.env;
  return [...(PG_BIN === undefined ? [] : [PG_BIN]), ...folders].find((folder) => existsSync(join(folder, 'initdb')));
}

/** PostgreSQL does not run as root: as the user that Debian made for it, then. */
function user(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** The processes of a cluster: the postmaster and its children, which outlive it for a moment. */
function processesOf(postmaster: number): number[] {
  const file = `/proc/${postmaster}/task/${postmaster}/children`;
  const children = existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s+/) : [];
  return [postmaster, ...children.filter(Boolean).map(Number)];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A cluster of the harness's own, with the settings that PostgreSQL has by default: fsync and synchronous_commit are on. */
export class Postgres implements Service {
  readonly name = 'PostgreSQL';
  readonly env: Readonly<Record<string, string>>;
  readonly #programs: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #settings: readonly string[];
  readonly #user = user();
  #child: ChildProcess | undefined;

  private constructor(programs: string, folder: string, port: number, settings: readonly string[]) {
    this.#settings = settings.flatMap((setting) => ['-c', setting]);
    this.#programs = programs;
    this.#folder = folder;
    this.#port = port;
    this.env = { DATABASE_URL: `postgresql://postgres@127.0.0.1:${port}/postgres` };
  }

  /** `settings`: of the cluster, such as `synchronous_commit=off`, where they are not to be the default ones. */
  static async create(settings: readonly string[] = []): Promise<Postgres> {
    const programs = postgresPrograms();
    if (programs === undefined) throw new Error('no PostgreSQL: install it, or say in PG_BIN where its programs are');
    const folder = await mkdtemp(join(tmpdir(), 'undertone-crash-postgres-'));
    const postgres = new Postgres(programs, folder, await freePort(), settings);
    if (postgres.#user) chownSync(folder, postgres.#user.uid, postgres.#user.gid);
    const args = [
      '-D',
      join(folder, 'data'),
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ];
    execFileSync(join(programs, 'initdb'), args, { stdio: 'ignore', cwd: folder, ...postgres.#user });
    return postgres;
  }

  async start(): Promise<void> {
    const args = ['-D', join(this.#folder, 'data'), '-p', String(this.#port), '-h', '127.0.0.1', '-k', this.#folder];
    this.#child = spawn(join(this.#programs, 'postgres'), [...args, ...this.#settings], {
      stdio: 'ignore',
      cwd: this.#folder,
      ...this.#user,
    });
    while (!this.#answers()) {
      if (this.#child.exitCode !== null) throw new Error(`PostgreSQL did not start: exit code ${this.#child.exitCode}`);
      await delay(50);
    }
  }

  /** SIGKILL to all of its processes, as when memory runs out, or SIGQUIT, its immediate shutdown. Both end in crash recovery. */
  async kill(random: Random): Promise<string> {
    const name = random.pick<NodeJS.Signals>(['SIGKILL', 'SIGKILL', 'SIGQUIT']);
    await this.#end(name);
    return name;
  }

  /** Stop all of its processes where they are, as a disk does that does not answer; or let them go on. */
  freeze(frozen: boolean): void {
    if (this.#child?.pid === undefined) return;
    for (const pid of processesOf(this.#child.pid)) signal(pid, frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async remove(): Promise<void> {
    await this.#end('SIGQUIT');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(name: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const all = processesOf(child.pid);
    for (const pid of name === 'SIGKILL' ? all : [child.pid]) signal(pid, name);
    await ended;
    while (all.some(runs)) await delay(10);
  }

  #answers(): boolean {
    try {
      execFileSync(join(this.#programs, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(this.#port)]);
      return true;
    } catch {
      return false;
    }
  }
}
