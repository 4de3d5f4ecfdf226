import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figure } from './result.ts';
import { residentMiB, startServer } from './server.ts';

async function bareNodeMiB(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const memory = await residentMiB(child.pid ?? 0);
  child.kill();
  return memory;
}

/** What the server costs while nobody uses it, and how long it takes to come up. */
export async function serverCost(): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'undertone-bench-'));
  try {
    const first = await startServer(dataDir);
    await first.stop();
    const second = await startServer(dataDir);
    const memory = await second.memoryMiB();
    await second.stop();
    const peer = { name: 'bare Node process', value: await bareNodeMiB() };
    return [
      { name: 'first start (new database) to the first answer', unit: 'ms', value: first.readyMs },
      { name: 'second start to the first answer', unit: 'ms', value: second.readyMs, budget: 3_000 },
      { name: 'server memory, idle, embedded database', unit: 'MiB', value: memory, peer },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
