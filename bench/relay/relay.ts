import { loadavg } from 'node:os';
import { PeerMissing } from '../peers/install.ts';
import { peers } from '../peers/peers.ts';
import { pinGenerator } from './cpu.ts';
import { type Load, type Measured, measure, type Pace } from './load.ts';
import { machine, recorded, recordSection } from './page.ts';
import { plot } from './plot.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { latencyOf, type RelayResult, type TargetResult, throughputOf } from './result.ts';
import { settingsList, throughputTable } from './table.ts';
import type { Target } from './target.ts';
import { undertone } from './undertone.ts';

const receiverCounts = [50, 200];
const steady = { receivers: 50, perSecond: 200 };
const load = { senders: 10, measureMs: 4_000 };
const inFlight = 16;
const defaultRuns = 3;
const notQuiet = ' (above 1: the machine was not quiet, and the latencies are not to be trusted)';

async function repeat(target: Target, of: Load, pace: Pace, runs: number): Promise<Measured[]> {
  const results: Measured[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await measure(target, of, pace));
  return results;
}

async function measureTarget(target: Target, runs: number): Promise<TargetResult> {
  console.log(`${target.name} …`);
  const throughput = [];
  for (const receivers of receiverCounts) {
    throughput.push(throughputOf(receivers, await repeat(target, { ...load, receivers }, { inFlight }, runs)));
  }
  const { receivers, perSecond } = steady;
  const latency = latencyOf(receivers, perSecond, await repeat(target, { ...load, receivers }, { perSecond }, runs));
  const { name, settings } = target;
  return { name, settings, measuredOn: new Date().toISOString().slice(0, 10), throughput, latency };
}

/** A peer that cannot be had is left out, with the reason. */
async function measurePeer(name: string, postgres: Postgres, runs: number): Promise<TargetResult | undefined> {
  const make = peers[name];
  if (make === undefined) throw new Error(`There is no peer '${name}'; there are ${Object.keys(peers).join(', ')}.`);
  try {
    return await measureTarget(await make(postgres), runs);
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    console.log(`${name} is not measured: ${error.message}`);
    return undefined;
  }
}

export interface RelayBenchOptions {
  /** Which of the peers are measured beside ours. */
  readonly beside: readonly string[];
  readonly recording: boolean;
  readonly runs?: number;
}

/** What is recorded is the figures of this run, beside those of peers that are not in it. */
async function record(result: RelayResult): Promise<void> {
  const before = await recorded<RelayResult>('relay.json');
  const fresh = new Set(result.targets.map(({ name }) => name));
  const kept = before?.targets.filter(({ name }) => !fresh.has(name)) ?? [];
  const all = { ...result, targets: [...result.targets, ...kept] };
  const markdown = [
    `Measured by \`pnpm bench peers --record\`: ${all.machine}; load average before ${all.loadBefore.toFixed(1)}${all.loadBefore > 1 ? notQuiet : ''}. Medians of` +
      ` ${all.runs} runs, in brackets the lowest and the highest; thousands of deliveries per CPU-second.`,
    throughputTable(all),
    'Settings:',
    `${settingsList(all)}\n- **PostgreSQL** of all of them: ${all.postgres}`,
  ].join('\n\n');
  await recordSection('relay', markdown, {
    'relay.json': `${JSON.stringify(all, null, 2)}\n`,
    'relay.svg': plot(all),
  });
}

/** `pnpm bench relay`: our server, on PostgreSQL and embedded. `pnpm bench peers [name …]`: beside its peers, in the same run. */
export async function benchRelay({ beside, recording, runs = defaultRuns }: RelayBenchOptions): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  pinGenerator();
  const postgres = await startPostgres();
  try {
    const targets = [await measureTarget(undertone(postgres), runs), await measureTarget(undertone(undefined), runs)];
    for (const name of beside) {
      const peer = await measurePeer(name, postgres, runs);
      if (peer !== undefined) targets.push(peer);
    }
    const result = { machine: machine(), loadBefore, postgres: postgres.settings, runs, targets };
    console.log(throughputTable(result));
    if (recording) await record(result);
  } finally {
    await postgres.stop();
  }
}
