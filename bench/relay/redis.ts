import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { endProcess, spawnPinned, waitForOutput } from './cpu.ts';

/** A Redis that nobody else uses, keeping nothing. */
export interface Redis {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawnPinned('redis-server', settings);
  await waitForOutput(child, /Ready to accept connections/);
  return { pid: child.pid ?? 0, url: `redis://127.0.0.1:${port}`, stop: () => endProcess(child) };
}
