import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pinGenerator } from './cpu.ts';
import { type Frame, readProfile } from './cpu-profile.ts';
import { flame } from './flame.ts';
import { measure } from './load.ts';
import { machine, recordSection } from './page.ts';
import { startPostgres } from './postgres.ts';
import type { Target } from './target.ts';
import { undertone } from './undertone.ts';

const load = { receivers: 50, senders: 10, measureMs: 6_000 };
const inFlight = 16;
const listed = 12;

/** `target`, noting when it was ready for the load and when the load ended. */
function timed(target: Target) {
  const times = { ready: 0n, ended: 0n };
  const noting: Target = {
    ...target,
    start: async (receivers, sink) => {
      const running = await target.start(receivers, sink);
      times.ready = process.hrtime.bigint();
      return {
        ...running,
        stop: () => {
          times.ended = process.hrtime.bigint();
          return running.stop();
        },
      };
    },
  };
  return { noting, times };
}

/** Functions by the share of time spent in themselves. */
function bySelf(root: Frame): [name: string, share: number][] {
  const shares = new Map<string, number>();
  const add = (frame: Frame): void => {
    let self = frame.share;
    for (const callee of frame.callees.values()) {
      self -= callee.share;
      add(callee);
    }
    shares.set(frame.name, (shares.get(frame.name) ?? 0) + self);
  };
  add(root);
  return [...shares].sort(([, a], [, b]) => b - a);
}

/** `pnpm bench profile`: where the server's own time goes at full speed on PostgreSQL, as a flame graph. */
export async function benchProfile(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  const folder = await mkdtemp(path.join(tmpdir(), 'undertone-profile-'));
  try {
    const target = undertone(postgres, { flags: ['--cpu-prof', `--cpu-prof-dir=${folder}`] });
    const { noting, times } = timed(target);
    await measure(noting, load, { inFlight });
    const root = await readProfile(folder, times.ready, times.ended);
    const rows = bySelf(root)
      .slice(0, listed)
      .map(([name, share]) => `| \`${name}\` | ${(share * 100).toFixed(1)} % |`);
    const markdown = [
      `Measured by \`pnpm bench profile --record\`: ${machine()}. Busy time of the server's main thread with ${load.senders} senders at full speed and ${load.receivers} receivers; opened by itself, the picture tells each function's share.`,
      '![Flame graph of the server under load](relay-flame.svg)',
      ['| most time in itself | share |', '|---|---|', ...rows].join('\n'),
    ].join('\n\n');
    console.log(markdown);
    const picture = flame(root, 'The server at full speed, 50 receivers, PostgreSQL: busy time of the main thread');
    if (recording) await recordSection('profile', markdown, { 'relay-flame.svg': picture });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await postgres.stop();
  }
}
