import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

/** The server as `pnpm start` runs it, in a process of its own, with a new database. */
export interface BenchServer {
  readonly origin: string;
  /** From the start of the process to its first answer. */
  readonly readyMs: number;
  /** Resident memory in MiB (Linux). */
  memoryMiB(): Promise<number>;
  /** Stop it, keeping its data. */
  stop(): Promise<void>;
}

const main = path.resolve('apps/server/dist/main.js');

async function waitForLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}

/** Resident memory of a process in MiB, from Linux's `/proc`. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

export async function startServer(dataDir: string): Promise<BenchServer> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, '-p', '0'], {
    env: { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'fatal', DATABASE_URL: undefined, PUBLIC_ORIGIN: undefined },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const origin = await waitForLine(child, /http:\/\/localhost:\d+/);
  const readyMs = performance.now() - startedAt;
  return {
    origin,
    readyMs,
    memoryMiB: () => residentMiB(child.pid ?? 0),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Run `use` with a server of its own; its data is removed afterwards. */
export async function withServer<T>(use: (server: BenchServer) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'undertone-bench-'));
  try {
    const server = await startServer(dataDir);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
