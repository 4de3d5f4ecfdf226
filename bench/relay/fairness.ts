import { quantile, rounded } from '../statistics.ts';
import { pinGenerator } from './cpu.ts';
import { warmUpMs } from './load.ts';
import { UndertoneMember } from './member.ts';
import { machine, recordSection } from './page.ts';
import { addPeople, addRoom } from './population.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { printed, type Spread, spreadOf } from './result.ts';
import { type Sink, stampedPayload } from './target.ts';
import { makeWorld, type Undertone } from './undertone.ts';

const budgetMs = 50;
const runs = 3;
const measureMs = 5_000;
const quiet = { members: 10, perSecond: 20 };
const busy = { members: 50, senders: 10, inFlight: 16 };

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A room with all of its members connected. */
type Room = (server: Undertone, sink: Sink) => Promise<UndertoneMember[]>;

async function twoRooms(postgres: Postgres) {
  const rooms: Room[] = [];
  const world = await makeWorld(postgres, async (sql) => {
    for (const count of [quiet.members, busy.members]) {
      const people = await addPeople(sql, count);
      const room = await addRoom(sql, people);
      rooms.push((server, sink) =>
        Promise.all(
          people.map(async (person) => {
            const member = await UndertoneMember.connect({ origin: server.origin, person, sink });
            member.rooms = [room];
            return member;
          }),
        ),
      );
    }
  });
  return { world, rooms };
}

/** As fast as it goes, for as long as `on` says. */
async function rush(members: readonly UndertoneMember[], on: () => boolean): Promise<void> {
  const keep = async (member: UndertoneMember): Promise<void> => {
    while (on()) await member.send(stampedPayload());
  };
  const senders = members.slice(0, busy.senders);
  await Promise.all(senders.flatMap((member) => Array.from({ length: busy.inFlight }, () => keep(member))));
}

/** What the quiet room's receivers wait, with the busy one at rest or at full speed. */
async function measureFairness(postgres: Postgres, rushing: boolean): Promise<{ p50Ms: number; p99Ms: number }> {
  const { world, rooms } = await twoRooms(postgres);
  const server = await world.start();
  try {
    const latencies: number[] = [];
    let sampling = false;
    const quietMembers = await rooms[0]?.(server, (stamps) => {
      if (sampling) for (const stamp of stamps) latencies.push(performance.now() - stamp);
    });
    const busyMembers = await rooms[1]?.(server, () => {});
    if (!quietMembers || !busyMembers) throw new Error('no rooms');
    let on = true;
    const rushed = rushing ? rush(busyMembers, () => on) : Promise.resolve();
    const begun = performance.now();
    const saying: Promise<void>[] = [];
    while (performance.now() - begun < warmUpMs + measureMs) {
      sampling = performance.now() - begun > warmUpMs;
      const member = quietMembers[saying.length % quietMembers.length];
      if (member) saying.push(member.send(stampedPayload()));
      await sleep(1000 / quiet.perSecond);
    }
    on = false;
    await Promise.all([rushed, ...saying]);
    for (const member of [...quietMembers, ...busyMembers]) member.close();
    return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
  } finally {
    await server.stop();
    await world.remove();
  }
}

/** `pnpm bench fairness`: what a quiet room feels of a busy one on the same server. */
export async function benchFairness(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  try {
    const rows: { what: string; p50Ms: Spread; p99Ms: Spread }[] = [];
    for (const rushing of [false, true]) {
      const results = [];
      for (let run = 0; run < runs; run += 1) results.push(await measureFairness(postgres, rushing));
      rows.push({
        what: rushing ? 'beside a room of 50 at full speed' : 'alone',
        p50Ms: spreadOf(results.map(({ p50Ms }) => p50Ms)),
        p99Ms: spreadOf(results.map(({ p99Ms }) => p99Ms)),
      });
    }
    const markdown = [
      `Measured by \`pnpm bench fairness --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest.`,
      [
        `| a room of ${quiet.members} with ${quiet.perSecond} messages a second | p50 ms | p99 ms | budget |`,
        '|---|---|---|---|',
      ]
        .concat(
          rows.map(({ what, p50Ms, p99Ms }) => {
            const missed = p99Ms.median > budgetMs ? ' **missed**' : '';
            return `| ${what} | ${printed(p50Ms)} | ${printed(p99Ms)} | ${rounded(budgetMs)}${missed} |`;
          }),
        )
        .join('\n'),
    ].join('\n\n');
    console.log(markdown);
    const result = { machine: machine(), rows };
    if (recording)
      await recordSection('fairness', markdown, { 'fairness.json': `${JSON.stringify(result, null, 2)}\n` });
  } finally {
    await postgres.stop();
  }
}
