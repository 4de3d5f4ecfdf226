import { rounded } from '../statistics.ts';
import { printed, type RelayResult, type TargetResult } from './result.ts';

function ratio(target: TargetResult, own: TargetResult | undefined, receivers: number): string {
  const rate = (of: TargetResult | undefined): number | undefined =>
    of?.throughput.find((one) => one.receivers === receivers)?.deliveriesPerCpuSecond.median;
  const [ours, theirs] = [rate(own), rate(target)];
  return ours === undefined || theirs === undefined || own === target ? '' : `× ${rounded(ours / theirs)}`;
}

/** The results as Markdown: thousands of deliveries per CPU-second of the server with its database, and milliseconds. */
export function throughputTable({ targets }: RelayResult): string {
  const sizes = targets[0]?.throughput.map(({ receivers }) => receivers) ?? [];
  const { perSecond = 0, receivers: listeners = 0 } = targets[0]?.latency ?? {};
  const own = targets.find(({ name }) => name.startsWith('undertone'));
  const head = [
    'server',
    ...sizes.flatMap((size) => [`${size} receivers`, 'undertone to it']),
    `p50 ms at ${perSecond} msg/s into ${listeners}`,
    'p99 ms',
    'messages/s at full speed',
    'CPU: server + database',
  ];
  const rows = targets.map((target) => {
    const first = target.throughput[0];
    return [
      target.name,
      ...target.throughput.flatMap((one) => [
        printed(one.deliveriesPerCpuSecond, 1000),
        ratio(target, own, one.receivers),
      ]),
      printed(target.latency.p50Ms),
      printed(target.latency.p99Ms),
      first === undefined ? '' : printed(first.messagesPerSecond),
      first === undefined
        ? ''
        : `${rounded(first.serverShare.median * 100)} % + ${rounded(first.databaseShare.median * 100)} %`,
    ];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export const settingsList = ({ targets }: RelayResult): string =>
  targets.map(({ name, settings, measuredOn }) => `- **${name}** (${measuredOn}): ${settings}`).join('\n');
