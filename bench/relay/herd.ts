import { quantile, rounded } from '../statistics.ts';
import { pinGenerator } from './cpu.ts';
import { roomMembers, socketCount, worldOf } from './idle.ts';
import { machine, recordSection } from './page.ts';
import { connectPeople } from './people-online.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { printed, spreadOf } from './result.ts';

const budgetSeconds = 20;
const runs = 3;

interface Herd {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly slowestMs: number;
  readonly cpuSeconds: number;
  /** Connections that the system turned away, and that came back, as a client's do. */
  readonly triedAgain: number;
}

/** Everyone is connected, the server is restarted, and everyone comes back in the same moment, each with a room open whose people it shows. */
async function measureHerd(postgres: Postgres | undefined, count: number): Promise<Herd> {
  const { world, people } = await worldOf(postgres, count);
  try {
    const first = await world.start();
    const watchedBy = (index: number) => {
      const begin = index - (index % roomMembers);
      return people.slice(begin, begin + roomMembers).map(({ account }) => account);
    };
    const before = await connectPeople(first.origin, people, { atOnce: 100, watchedBy });
    await first.stop();
    for (const member of before.members) member.close();
    const server = await world.start();
    try {
      const cpu = await server.cpu();
      const begun = performance.now();
      const { members, tookMs, triedAgain } = await connectPeople(server.origin, people, { atOnce: count, watchedBy });
      const seconds = (performance.now() - begun) / 1000;
      const after = await server.cpu();
      const lost = members.find(({ failure }) => failure !== undefined);
      if (lost?.failure) throw lost.failure;
      for (const member of members) member.close();
      const cpuSeconds = after.server + after.database - cpu.server - cpu.database;
      return { seconds, p50Ms: quantile(tookMs, 0.5), slowestMs: quantile(tookMs, 1), cpuSeconds, triedAgain };
    } finally {
      await server.stop();
    }
  } finally {
    await world.remove();
  }
}

/** `pnpm bench herd`: everyone comes back at once after a restart. Fails where someone is refused or cut off. */
export async function benchHerd(recording: boolean): Promise<void> {
  pinGenerator();
  const count = await socketCount();
  const postgres = await startPostgres();
  try {
    const results: Herd[] = [];
    for (let run = 0; run < runs; run += 1) results.push(await measureHerd(postgres, count));
    const seconds = spreadOf(results.map((result) => result.seconds));
    const slowest = Math.max(...results.map((result) => result.slowestMs)) / 1000;
    const cpuSeconds = spreadOf(results.map((result) => result.cpuSeconds));
    const triedAgain = spreadOf(results.map((result) => result.triedAgain));
    const missed = seconds.high > budgetSeconds ? ' **missed**' : '';
    const markdown = [
      `Measured by \`pnpm bench herd --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest.`,
      '| sockets, each shows 50 people | all there after, s | budget | the slowest of all, s | CPU seconds, server and database | tried again | errors |\n' +
        '|---|---|---|---|---|---|---|\n' +
        `| ${count.toLocaleString('en')} | ${printed(seconds)} | ${budgetSeconds}${missed} | ${rounded(slowest)} | ${printed(cpuSeconds)} | ${printed(triedAgain)} | 0 |`,
    ].join('\n\n');
    console.log(markdown);
    const result = { machine: machine(), sockets: count, seconds, slowest, cpuSeconds, triedAgain };
    if (recording) await recordSection('herd', markdown, { 'herd.json': `${JSON.stringify(result, null, 2)}\n` });
  } finally {
    await postgres.stop();
  }
}
