import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { cpus, setPriority } from 'node:os';

/** USER_HZ, the unit of CPU times in `/proc`: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The measured server has one core for itself and the load generator another, where the machine has two. */
const cores = { server: '0', generator: '1' };
const priorityBeforeOthers = -10;
const canPin = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/**
 * Move this process, the load generator, off the server's core. As root it also goes, with all that it starts, before other work on the
 * machine: a generator that has to wait sends small flushes, and then it is not the server that is measured.
 */
export function pinGenerator(): void {
  if (process.getuid?.() === 0) setPriority(priorityBeforeOthers);
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', cores.generator, String(process.pid)]);
}

export interface SpawnOptions {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  /** A user to run as, where the program refuses to be root. */
  readonly uid?: number;
}

const children = new Set<ChildProcess>();
let watching = false;

/** Whatever ends this process, a measured server does not outlive it. */
function endWithUs(child: ChildProcess): void {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const one of children) one.kill('SIGKILL');
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  }
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Start a measured server on the server's core. Its standard output is a pipe. */
export function spawnPinned(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [command = program, ...rest] = canPin ? ['taskset', '-c', cores.server, program, ...args] : [program, ...args];
  const { env, cwd, uid } = options;
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  endWithUs(child);
  return child;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** The fields of `/proc/PID/stat` after the name, which may have spaces; undefined for a process that has ended. */
async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  const sum = [11, 12, 13, 14].reduce((total, i) => total + Number(fields[i]), 0);
  return { pid, parent: Number(fields[1]), ticks: sum };
}

/** CPU seconds, user and system, that these processes, all of their descendants and their ended children have used. */
export async function cpuSeconds(roots: readonly number[]): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = (await Promise.all(pids.map(readStat))).filter((stat) => stat !== undefined);
  const wanted = new Set(roots);
  for (let before = 0; before !== wanted.size; ) {
    before = wanted.size;
    for (const { pid, parent } of stats) if (wanted.has(parent)) wanted.add(pid);
  }
  return stats.filter(({ pid }) => wanted.has(pid)).reduce((total, { ticks }) => total + ticks, 0) / ticksPerSecond;
}

/** Ends a process that this one started, and waits for it. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(late);
}

/** Resolves with what matches in the process's output; rejects where it ends without. */
export function waitForOutput(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length < 100_000) text += chunk.toString();
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}: ${text}`)));
  });
}
