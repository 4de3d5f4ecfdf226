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
/** What being several may cost (so that three of them carry at least 2.2 times what one does, each on a core of its own). */
const mostOverhead = 0.25;

interface Row {
  readonly name: string;
  readonly receivers: number;
  readonly senders: number;
  /** Of the servers' processes alone, and with those of PostgreSQL and Redis. */
  readonly perServerSecond: Spread;
  readonly perSecond: Spread;
  readonly messagesPerSecond: Spread;
}

async function rowOf(target: Target, load: Load): Promise<Row> {
  const { receivers, senders } = load;
  const results: Measured[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await measure(target, load, { inFlight }));
  return {
    name: target.name,
    receivers,
    senders,
    perServerSecond: spreadOf(results.map((one) => (one.messagesPerSecond * receivers) / one.serverShare)),
    perSecond: spreadOf(results.map((one) => one.deliveriesPerCpuSecond)),
    messagesPerSecond: spreadOf(results.map((one) => one.messagesPerSecond)),
  };
}

function line(row: Row, overhead?: number): string {
  const { name, receivers, senders, perServerSecond, perSecond, messagesPerSecond } = row;
  const missed = (overhead ?? 0) > mostOverhead ? ' **missed**' : '';
  const against = overhead === undefined ? '' : `${Math.round(overhead * 100)} %${missed}`;
  return `| ${name} | ${receivers} | ${senders} | ${printed(perServerSecond, 1000)} | ${against} | ${printed(perSecond, 1000)} | ${printed(messagesPerSecond)} |`;
}

/** `pnpm bench several`: what it costs that one room's members are spread over three processes, against all of them on one. */
export async function benchSeveral(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  const redis = await startRedis();
  try {
    const lines: string[] = [];
    const rows: Row[] = [];
    for (const receivers of receiverCounts) {
      for (const senders of senderCounts) {
        const load = { receivers, senders, measureMs };
        const one = await rowOf(undertone(postgres), load);
        const three = await rowOf(undertone(postgres, { processes, redis }), load);
        rows.push(one, three);
        lines.push(line(one), line(three, 1 - three.perServerSecond.median / one.perServerSecond.median));
      }
    }
    const markdown = [
      `Measured by \`pnpm bench several --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest; thousands of deliveries per CPU-second. All servers share one core here.`,
      [
        `| servers | receivers in one room | senders | per CPU-second of the servers | overhead, at most ${mostOverhead * 100} % | with PostgreSQL and Redis | messages/s |`,
        '|---|---|---|---|---|---|---|',
        ...lines,
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
