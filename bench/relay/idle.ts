import { residentMiB } from '../server.ts';
import { pinGenerator } from './cpu.ts';
import { machine, recordSection } from './page.ts';
import { connectPeople, openFilesLimit } from './people-online.ts';
import { addPeople, addRoom, type Person } from './population.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { printed, type Spread, spreadOf } from './result.ts';
import { makeWorld } from './undertone.ts';

const budgetKb = 12;
const wanted = 10_000;
/** A person is in a room or two. */
export const roomMembers = 50;
const connectingAtOnce = 100;
const runs = 3;
/** For garbage of the connecting to go: V8 collects it when nothing has happened for half a minute or so. */
const restMs = 60_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Accounts that are in rooms of `roomMembers` each. */
export async function worldOf(postgres: Postgres | undefined, count: number) {
  const people: Person[] = [];
  const world = await makeWorld(postgres, async (sql) => {
    for (let i = 0; i < count; i += 1_000) people.push(...(await addPeople(sql, Math.min(1_000, count - i))));
    for (let i = 0; i < count; i += roomMembers) await addRoom(sql, people.slice(i, i + roomMembers));
  });
  return { world, people };
}

/** Sockets that this process can open towards a server with the same limit. */
export async function socketCount(): Promise<number> {
  const limit = await openFilesLimit();
  const count = Math.min(wanted, limit - 500);
  if (count < wanted) console.log(`Only ${count} sockets: a process may open ${limit} files (ulimit -n).`);
  return count;
}

/** KB of resident memory that an idle, greeted socket adds to the server. */
async function measureIdle(postgres: Postgres, count: number): Promise<{ kb: number; cpuPercent: number }> {
  const { world, people } = await worldOf(postgres, count);
  const server = await world.start();
  try {
    // One round of connecting, so that code and pools that the first sockets need are not counted.
    const warm = await connectPeople(server.origin, people.slice(0, 200), { atOnce: connectingAtOnce });
    for (const member of warm.members) member.close();
    await sleep(restMs);
    const before = await residentMiB(server.pid);
    const { members } = await connectPeople(server.origin, people, { atOnce: connectingAtOnce });
    await sleep(restMs);
    const kb = ((await residentMiB(server.pid)) - before) * (1024 / count);
    const cpu = await server.cpu();
    await sleep(5_000);
    const cpuPercent = (((await server.cpu()).server - cpu.server) / 5) * 100;
    const lost = members.find(({ failure }) => failure !== undefined);
    if (lost?.failure) throw lost.failure;
    for (const member of members) member.close();
    return { kb, cpuPercent };
  } finally {
    await server.stop();
    await world.remove();
  }
}

/** `pnpm bench idle`: what it costs to keep people connected who say nothing. */
export async function benchIdle(recording: boolean): Promise<void> {
  pinGenerator();
  const count = await socketCount();
  const postgres = await startPostgres();
  try {
    const results = [];
    for (let run = 0; run < runs; run += 1) results.push(await measureIdle(postgres, count));
    const kb: Spread = spreadOf(results.map((result) => result.kb));
    const cpuPercent: Spread = spreadOf(results.map((result) => result.cpuPercent));
    const missed = kb.median > budgetKb ? ' **missed**' : '';
    const markdown = [
      `Measured by \`pnpm bench idle --record\`: ${machine()}. Medians of ${runs} runs, in brackets the lowest and the highest.`,
      '| idle, signed in, greeted sockets of one process | KB of memory each | budget | CPU of one core, % |\n|---|---|---|---|\n' +
        `| ${count.toLocaleString('en')} | ${printed(kb)} | ${budgetKb}${missed} | ${printed(cpuPercent)} |`,
    ].join('\n\n');
    console.log(markdown);
    const result = { machine: machine(), sockets: count, kb, cpuPercent };
    if (recording) await recordSection('idle', markdown, { 'idle.json': `${JSON.stringify(result, null, 2)}\n` });
  } finally {
    await postgres.stop();
  }
}
