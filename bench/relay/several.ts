import { beside } from './beside.ts';
import { pinGenerator } from './cpu.ts';
import { type Load, type Measured, measure } from './load.ts';
import { machine, recordSection } from './page.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { printed, type Spread, spreadOf } from './result.ts';
import type { Target } from './target.ts';
import { undertone } from './undertone.ts';

const processes = 3;
const receiverCounts = [50, 200];
/** Of all processes: as many as one is measured with, and so many for each of three. */
const senderCounts = [12, 36];
const measureMs = 4_000;
const inFlight = 16;
const runs = 3;
/** What being joined may cost: three then carry at least 2.2 times what one does, where each has a core of its own. */
const mostOverhead = 0.25;

interface Row {
  readonly name: string;
  readonly sockets: number;
  readonly receivers: number;
  readonly senders: number;
  /** CPU time of the servers' processes for one message. */
  readonly microseconds: Spread;
  readonly messagesPerSecond: Spread;
  /** Where it is near 1 the load generator was the bottleneck. */
  readonly generatorShare: Spread;
}

interface Case {
  readonly target: Target;
  readonly load: Load;
  readonly sockets: number;
}

function rowOf({ target, load, sockets }: Case, results: readonly Measured[]): Row {
  return {
    name: target.name,
    sockets,
    receivers: load.receivers,
    senders: load.senders,
    microseconds: spreadOf(results.map((one) => (one.serverShare / one.messagesPerSecond) * 1e6)),
    messagesPerSecond: spreadOf(results.map((one) => one.messagesPerSecond)),
    generatorShare: spreadOf(results.map((one) => one.generatorShare)),
  };
}

/** In turn, so that what the machine does meanwhile is the same for all. */
async function measureInTurn(cases: readonly Case[]): Promise<Row[]> {
  const results = cases.map((): Measured[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [i, { target, load }] of cases.entries()) results[i]?.push(await measure(target, load, { inFlight }));
  }
  return cases.map((one, i) => rowOf(one, results[i] ?? []));
}

function line(row: Row, overhead = ''): string {
  const { name, sockets, receivers, senders, microseconds, messagesPerSecond, generatorShare } = row;
  return `| ${name} | ${sockets} | ${receivers} | ${senders} | ${printed(microseconds)} | ${overhead} | ${printed(messagesPerSecond)} | ${Math.round(generatorShare.median * 100)} % |`;
}

/** How much of what joined servers cost is not in what those cost that are apart. */
function overheadOf(joined: Row, apart: Row): number {
  return 1 - apart.microseconds.median / joined.microseconds.median;
}

/** What lies between two bounds, and whether it is kept, missed, or cannot be told. */
function saidOf(bounds: readonly number[]): string {
  const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
  const verdict = low > mostOverhead ? '**missed**' : high > mostOverhead ? 'undecided' : 'kept';
  return `${Math.round(low * 100)} to ${Math.round(high * 100)} %: ${verdict}`;
}

/**
 * `pnpm bench several`: what it costs that one room's members are spread over three processes. All processes have one core here, which by
 * itself makes each dearer, so they are held against three that share it and have nothing else in common. No such three do quite the same
 * work: those with a third of the receivers each have as many sockets and a third of the deliveries, those with all receivers each as many
 * deliveries and three times the sockets. What being joined costs is between the two.
 */
export async function benchSeveral(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  const redis = await startRedis();
  const one = undertone(postgres);
  const apart = beside(
    `${processes} × undertone apart`,
    Array.from({ length: processes }, () => one),
  );
  const joined = undertone(postgres, { processes, redis });
  try {
    const rows: Row[] = [];
    const table: string[] = [];
    for (const receivers of receiverCounts) {
      for (const senders of senderCounts) {
        const load = { receivers, senders, measureMs };
        const third = { ...load, receivers: Math.ceil(receivers / processes) };
        const measured = await measureInTurn([
          { target: one, load, sockets: receivers },
          { target: apart, load: third, sockets: third.receivers * processes },
          { target: apart, load, sockets: receivers * processes },
          { target: joined, load, sockets: receivers },
        ]);
        rows.push(...measured);
        const [alone, sameSockets, sameDeliveries, spread] = measured as [Row, Row, Row, Row];
        const said = saidOf([overheadOf(spread, sameSockets), overheadOf(spread, sameDeliveries)]);
        table.push(line(alone), line(sameSockets), line(sameDeliveries), line(spread, said));
      }
    }
    const markdown = [
      `Measured by \`pnpm bench several --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest. All servers share one core here.`,
      [
        `| servers | sockets | receivers of a message | senders in all | µs of the servers' CPU for a message | of that for being joined, at most ${mostOverhead * 100} % | messages/s | load generator's core |`,
        '|---|---|---|---|---|---|---|---|',
        ...table,
      ].join('\n'),
    ].join('\n\n');
    console.log(markdown);
    const result = { machine: machine(), rows };
    if (recording) await recordSection('several', markdown, { 'several.json': `${JSON.stringify(result, null, 2)}\n` });
  } finally {
    await redis.stop();
    await postgres.stop();
  }
}
