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
  readonly receivers: number;
  readonly senders: number;
  /** Of the servers' processes alone, and with those of PostgreSQL and Redis. */
  readonly perServerSecond: Spread;
  readonly perSecond: Spread;
  readonly messagesPerSecond: Spread;
}

function rowOf({ name }: Target, { receivers, senders }: Load, results: readonly Measured[]): Row {
  return {
    name,
    receivers,
    senders,
    perServerSecond: spreadOf(results.map((one) => (one.messagesPerSecond * receivers) / one.serverShare)),
    perSecond: spreadOf(results.map((one) => one.deliveriesPerCpuSecond)),
    messagesPerSecond: spreadOf(results.map((one) => one.messagesPerSecond)),
  };
}

/** In turn, so that what the machine does meanwhile is the same for all. */
async function measureInTurn(targets: readonly Target[], load: Load): Promise<Row[]> {
  const results = targets.map((): Measured[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [i, target] of targets.entries()) results[i]?.push(await measure(target, load, { inFlight }));
  }
  return targets.map((target, i) => rowOf(target, load, results[i] ?? []));
}

function line({ name, receivers, senders, ...figures }: Row, overhead: string): string {
  const { perServerSecond, perSecond, messagesPerSecond } = figures;
  return `| ${name} | ${receivers} | ${senders} | ${printed(perServerSecond, 1000)} | ${overhead} | ${printed(perSecond, 1000)} | ${printed(messagesPerSecond)} |`;
}

/** What the last costs more than the one before it, which does the same work. */
function lines(rows: readonly Row[]): string[] {
  const [unjoined, joined] = rows.slice(-2);
  const overhead = 1 - (joined?.perServerSecond.median ?? 0) / (unjoined?.perServerSecond.median ?? 0);
  const said = `${Math.round(overhead * 100)} %${overhead > mostOverhead ? ' **missed**' : ''}`;
  return rows.map((row) => line(row, row === joined ? said : ''));
}

/**
 * `pnpm bench several`: what it costs that one room's members are spread over three processes. All processes have one core here, which by
 * itself makes each dearer, so they are held against three that share it and are not joined, with as many sends and deliveries each.
 */
export async function benchSeveral(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  const redis = await startRedis();
  const one = undertone(postgres);
  const unjoined = beside(
    `${processes} × undertone, not joined: a room each`,
    Array.from({ length: processes }, () => one),
  );
  const targets = [one, unjoined, undertone(postgres, { processes, redis })];
  try {
    const rows: Row[] = [];
    const table: string[] = [];
    for (const receivers of receiverCounts) {
      for (const senders of senderCounts) {
        const measured = await measureInTurn(targets, { receivers, senders, measureMs });
        rows.push(...measured);
        table.push(...lines(measured));
      }
    }
    const markdown = [
      `Measured by \`pnpm bench several --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest; thousands of deliveries per CPU-second. All servers share one core here; the overhead is against servers that share it too and are not joined.`,
      [
        `| servers | receivers of a message | senders in all | per CPU-second of the servers | overhead, at most ${mostOverhead * 100} % | with PostgreSQL and Redis | messages/s |`,
        '|---|---|---|---|---|---|---|',
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
