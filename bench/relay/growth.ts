import { randomUUID } from 'node:crypto';
import type { RoomId, Seq } from '@undertone/protocol';
import { quantile, rounded } from '../statistics.ts';
import { pinGenerator } from './cpu.ts';
import { type Measured, measure } from './load.ts';
import { UndertoneMember } from './member.ts';
import { machine, recordSection } from './page.ts';
import { addPeople, addRoom, groupAt, type Person, type RunSql } from './population.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { makeWorld, undertone } from './undertone.ts';

const memberCounts = [10, 100, 1_000, 5_000];
const roomCounts = [1, 100, 10_000];
const storedEnvelopes = 10_000_000;
const storedRooms = 1_000;
const pageBudgetMs = 10;
const readsToWarmUp = 500;
const readsTimed = 2_000;
const load = { senders: 10, measureMs: 3_000 };

interface Row {
  readonly what: string;
  readonly messagesPerSecond: number;
  readonly deliveriesPerCpuSecond: number;
}

const rowOf = (what: string, { messagesPerSecond, deliveriesPerCpuSecond }: Measured): Row => ({
  what,
  messagesPerSecond,
  deliveriesPerCpuSecond,
});

/** One room with ever more members. */
async function byMembers(postgres: Postgres): Promise<Row[]> {
  const rows: Row[] = [];
  for (const receivers of memberCounts) {
    const what = `1 room, ${receivers.toLocaleString('en')} members`;
    rows.push(rowOf(what, await measure(undertone(postgres), { ...load, receivers }, { inFlight: 16 })));
  }
  return rows;
}

/** Ever more rooms of ten members each; an account is in 200 at most. */
async function byRooms(postgres: Postgres): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rooms of roomCounts) {
    const roomsPerCircle = Math.min(rooms, 200);
    const layout = { circles: rooms / roomsPerCircle, roomsPerCircle };
    const what = `${rooms.toLocaleString('en')} rooms, 10 members each`;
    rows.push(
      rowOf(what, await measure(undertone(postgres, { layout }), { ...load, receivers: 10 }, { inFlight: 16 })),
    );
  }
  return rows;
}

interface Reading {
  readonly what: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Fill rooms with envelopes that were sent in turn, as they would be in real logs. */
async function store(sql: RunSql, rooms: readonly RoomId[], { account, device }: Person): Promise<void> {
  const each = storedEnvelopes / rooms.length;
  const slices = 20;
  for (let slice = 0; slice < slices; slice += 1) {
    await sql(
      `INSERT INTO entries (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body, devices)
       SELECT r.id, n, 'message', $1, $2, $3, $4, gen_random_uuid(), now(), decode(repeat(md5(n::text), 10), 'hex'), '{}'
       FROM generate_series($5::bigint, $6::bigint) AS n, unnest($7::uuid[]) AS r(id)`,
      [
        groupAt.generation,
        groupAt.epoch,
        account,
        device,
        (each / slices) * slice + 1,
        (each / slices) * (slice + 1),
        rooms,
      ],
    );
  }
  await sql('UPDATE rooms SET head = $1 WHERE id = ANY($2::uuid[])', [each, rooms]);
}

async function timed(member: UndertoneMember, what: string, ask: () => Pull): Promise<Reading> {
  const times: number[] = [];
  for (let i = -readsToWarmUp; i < readsTimed; i += 1) {
    const begun = performance.now();
    const answer = await member.request({ type: 'pull', ref: member.nextRef(), ...ask() });
    if (i >= 0) times.push(performance.now() - begun);
    if (answer.type !== 'page' || answer.entries.length === 0)
      throw new Error(`${what} was answered by ${answer.type}`);
  }
  return { what, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

interface Pull {
  readonly room: RoomId;
  readonly limit: number;
  readonly after?: Seq;
  readonly before?: Seq;
}

/** Reading and writing beside ten million envelopes. */
async function byStored(postgres: Postgres): Promise<Reading[]> {
  let people: Person[] = [];
  let rooms: RoomId[] = [];
  const world = await makeWorld(postgres, async (sql) => {
    people = await addPeople(sql, 10);
    rooms = [];
    for (let i = 0; i < storedRooms; i += 1) rooms.push(await addRoom(sql, people));
    const [person] = people;
    if (person) await store(sql, rooms, person);
  });
  const server = await world.start();
  try {
    const [person] = people;
    if (person === undefined) throw new Error('nobody');
    const member = await UndertoneMember.connect({ origin: server.origin, person, sink: () => {} });
    const anyRoom = (): RoomId => rooms[Math.floor(Math.random() * rooms.length)] ?? (randomUUID() as RoomId);
    const head = storedEnvelopes / storedRooms;
    const anySeq = (): Seq => Math.floor(Math.random() * (head - 250) + 220) as Seq;
    const readings = [
      await timed(member, 'catch-up: 20 entries after a cursor near the end', () => ({
        room: anyRoom(),
        after: (head - 20) as Seq,
        limit: 200,
      })),
      await timed(member, 'history page: 50 entries before any place', () => ({
        room: anyRoom(),
        before: anySeq(),
        limit: 50,
      })),
      await timed(member, 'history page: 200 entries before any place', () => ({
        room: anyRoom(),
        before: anySeq(),
        limit: 200,
      })),
    ];
    member.close();
    return readings;
  } finally {
    await server.stop();
    await world.remove();
  }
}

/** `pnpm bench growth`: what it costs when there are more members, more rooms, more that is stored. */
export async function benchGrowth(recording: boolean): Promise<void> {
  pinGenerator();
  const postgres = await startPostgres();
  try {
    const rows = [...(await byMembers(postgres)), ...(await byRooms(postgres))];
    const readings = await byStored(postgres);
    const markdown = [
      `Measured by \`pnpm bench growth --record\`: ${machine()}; on PostgreSQL, one run of each.`,
      ['| | messages/s | thousands of deliveries per CPU-second |', '|---|---|---|']
        .concat(
          rows.map(
            (row) =>
              `| ${row.what} | ${rounded(row.messagesPerSecond)} | ${rounded(row.deliveriesPerCpuSecond / 1000)} |`,
          ),
        )
        .join('\n'),
      ['| reading beside 10 million stored envelopes | p50 ms | p99 ms | budget |', '|---|---|---|---|']
        .concat(
          readings.map(({ what, p50Ms, p99Ms }) => {
            const missed = p99Ms > pageBudgetMs ? ' **missed**' : '';
            return `| ${what} | ${rounded(p50Ms)} | ${rounded(p99Ms)} | ${pageBudgetMs}${missed} |`;
          }),
        )
        .join('\n'),
    ].join('\n\n');
    console.log(markdown);
    const result = { machine: machine(), rows, readings };
    if (recording) await recordSection('growth', markdown, { 'growth.json': `${JSON.stringify(result, null, 2)}\n` });
  } finally {
    await postgres.stop();
  }
}
