import { quantile, rounded } from '../statistics.ts';
import type { Measured } from './load.ts';

/** Of several runs. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: Math.min(...values), high: Math.max(...values) };
}

export const printed = ({ median, low, high }: Spread, unit = 1): string =>
  `${rounded(median / unit)} (${rounded(low / unit)}–${rounded(high / unit)})`;

/** As much as goes through, into one room with so many receivers. */
export interface Throughput {
  readonly receivers: number;
  readonly deliveriesPerCpuSecond: Spread;
  readonly messagesPerSecond: Spread;
  readonly serverShare: Spread;
  readonly databaseShare: Spread;
}

/** At a steady rate that every server keeps up with. */
export interface Latency {
  readonly receivers: number;
  readonly perSecond: number;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

export interface TargetResult {
  readonly name: string;
  readonly settings: string;
  readonly measuredOn: string;
  readonly throughput: readonly Throughput[];
  readonly latency: Latency;
}

export interface RelayResult {
  readonly machine: string;
  /** The machine's load average before it began: above 1 the latencies are not to be trusted. */
  readonly loadBefore: number;
  readonly postgres: string;
  readonly runs: number;
  readonly targets: readonly TargetResult[];
}

export const throughputOf = (receivers: number, runs: readonly Measured[]): Throughput => ({
  receivers,
  deliveriesPerCpuSecond: spreadOf(runs.map((run) => run.deliveriesPerCpuSecond)),
  messagesPerSecond: spreadOf(runs.map((run) => run.messagesPerSecond)),
  serverShare: spreadOf(runs.map((run) => run.serverShare)),
  databaseShare: spreadOf(runs.map((run) => run.databaseShare)),
});

export const latencyOf = (receivers: number, perSecond: number, runs: readonly Measured[]): Latency => ({
  receivers,
  perSecond,
  p50Ms: spreadOf(runs.map((run) => run.p50Ms)),
  p99Ms: spreadOf(runs.map((run) => run.p99Ms)),
});
