import type { RoomId, Seq } from '@undertone/protocol';
import type { Database } from '../database/database.ts';
import { arrayLiteral, type Sql } from '../database/sql.ts';
import type { SendOutcome, SendRequest } from './append-sends.ts';
import { sentKey } from './idempotency.ts';
import type { KnownRoom, KnownRooms } from './known-rooms.ts';
import { base64 } from './log-rows.ts';
import { Outbox } from './outbox.ts';

/** PostgreSQL's unique_violation: the id was sent before (SPEC L4). */
const uniqueViolation = '23505';

interface KnownCount {
  readonly known: KnownRoom;
  count: number;
}

interface Plan {
  readonly messages: readonly { readonly request: SendRequest; readonly place: number }[];
  /** The rooms as they are known, each with the number of messages that it gets. */
  readonly rooms: ReadonlyMap<RoomId, KnownCount>;
}

/** What a flush comes to, if what is known decides all of its envelopes: plain messages of the present epoch, by known senders. */
function plan(requests: readonly SendRequest[], rooms: KnownRooms): Plan | undefined {
  const messages: { request: SendRequest; place: number }[] = [];
  const counted = new Map<RoomId, KnownCount>();
  const keys = new Set<string>();
  for (const request of requests) {
    const { room, kind, generation, epoch, device, erases, blobs } = request;
    const known = rooms.get(room);
    if (kind !== 'message' || erases || blobs || !known?.senders.has(device)) return undefined;
    if (generation !== known.generation || epoch !== known.epoch) return undefined;
    const counting = counted.get(room) ?? { known, count: 0 };
    counted.set(room, counting);
    counting.count += 1;
    keys.add(sentKey(request));
    messages.push({ request, place: counting.count });
  }
  return keys.size === requests.length ? { messages, rooms: counted } : undefined;
}

/** What is known of the rooms still holds, and this is where their heads were before; undefined where not: nothing was changed then. */
type Heads = ReadonlyMap<RoomId, Seq> | undefined;

/** Most flushes are of one room: a statement of its own costs the database a quarter less for a single message. */
async function appendToOne(
  sql: Sql,
  messages: Plan['messages'],
  { known, count }: KnownCount,
  at: number,
): Promise<Heads> {
  const requests = messages.map(({ request }) => request);
  const { room } = requests[0] as SendRequest;
  // A row for which this waits is compared, and moved, as it is then.
  const [moved] = await sql.$queryRaw<{ before: Seq }[]>`
    WITH moved AS (
      UPDATE rooms SET head = head + ${count}::bigint
      WHERE id = ${room}::uuid AND changed_seq = ${known.changedSeq}::bigint
        AND generation = ${known.generation}::bigint AND epoch = ${known.epoch}::bigint
        AND (extract(epoch FROM founded_at) * 1000)::float8 IS NOT DISTINCT FROM ${known.foundedAt}::float8
      RETURNING id, head - ${count}::bigint AS before, generation, epoch
    ), added AS (
      INSERT INTO entries (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body, devices)
      SELECT o.id, o.before + m.place, 'message', o.generation, o.epoch, m.account, m.device, m.id,
        to_timestamp(${at}::float8 / 1000), decode(m.body, 'base64'), '{}'
      FROM moved o, unnest(
        ${arrayLiteral(messages.map(({ place }) => place))}::bigint[],
        ${arrayLiteral(requests.map(({ account }) => account))}::uuid[],
        ${arrayLiteral(requests.map(({ device }) => device))}::uuid[],
        ${arrayLiteral(requests.map(({ id }) => id))}::uuid[],
        ${arrayLiteral(requests.map(({ body }) => base64(body)))}::text[]
      ) AS m(place, account, device, id, body)
    )
    SELECT before::float8 FROM moved`;
  return moved && new Map([[room, moved.before]]);
}

async function append(sql: Sql, { messages, rooms }: Plan, at: number): Promise<Heads> {
  const known = [...rooms.values()];
  const [only] = known;
  if (only && known.length === 1) return appendToOne(sql, messages, only, at);
  const requests = messages.map(({ request }) => request);
  // Locked in the order of their ids, as by `lockRooms`; all of them or none.
  const moved = await sql.$queryRaw<{ id: RoomId; before: Seq }[]>`
    WITH known AS (
      SELECT * FROM unnest(
        ${arrayLiteral([...rooms.keys()])}::uuid[],
        ${arrayLiteral(known.map(({ count }) => count))}::bigint[],
        ${arrayLiteral(known.map((one) => one.known.changedSeq))}::bigint[],
        ${arrayLiteral(known.map((one) => one.known.generation))}::bigint[],
        ${arrayLiteral(known.map((one) => one.known.epoch))}::bigint[],
        ${arrayLiteral(known.map((one) => one.known.foundedAt))}::float8[]
      ) AS k(id, count, changed_seq, generation, epoch, founded_at)
    ), unchanged AS (
      SELECT r.id FROM rooms r JOIN known k ON k.id = r.id
      WHERE r.changed_seq = k.changed_seq AND r.generation = k.generation AND r.epoch = k.epoch
        AND (extract(epoch FROM r.founded_at) * 1000)::float8 IS NOT DISTINCT FROM k.founded_at
      ORDER BY r.id FOR UPDATE OF r
    ), verdict AS (
      SELECT (SELECT count(*) FROM unchanged) = (SELECT count(*) FROM known) AS holds
    ), moved AS (
      UPDATE rooms SET head = rooms.head + k.count FROM known k WHERE rooms.id = k.id AND (SELECT holds FROM verdict)
      RETURNING rooms.id, rooms.head - k.count AS before, k.generation, k.epoch
    ), added AS (
      INSERT INTO entries (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body, devices)
      SELECT m.room, o.before + m.place, 'message', o.generation, o.epoch, m.account, m.device, m.id,
        to_timestamp(${at}::float8 / 1000), decode(m.body, 'base64'), '{}'
      FROM unnest(
        ${arrayLiteral(requests.map(({ room }) => room))}::uuid[],
        ${arrayLiteral(messages.map(({ place }) => place))}::bigint[],
        ${arrayLiteral(requests.map(({ account }) => account))}::uuid[],
        ${arrayLiteral(requests.map(({ device }) => device))}::uuid[],
        ${arrayLiteral(requests.map(({ id }) => id))}::uuid[],
        ${arrayLiteral(requests.map(({ body }) => base64(body)))}::text[]
      ) AS m(room, place, account, device, id, body) JOIN moved o ON o.id = m.room
    )
    SELECT id, before::float8 FROM moved`;
  return moved.length === rooms.size ? new Map(moved.map(({ id, before }) => [id, before])) : undefined;
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === uniqueViolation;

/**
 * The short way for a flush: one statement, a transaction in itself, which appends only if no room changed in any way but by messages
 * since this process read it, so that all it knows of the rooms still holds (see `KnownRoom`). Undefined where that is not so, or an id was sent
 * before: nothing is changed then, and the flush takes the long way, `appendSends`.
 */
export async function appendKnown(
  database: Database,
  rooms: KnownRooms,
  requests: readonly SendRequest[],
): Promise<{ value: SendOutcome[]; outbox: Outbox } | undefined> {
  const planned = plan(requests, rooms);
  if (planned === undefined) return undefined;
  const at = Date.now();
  const before = await append(database.sql, planned, at).catch((error: unknown) => {
    if (isDuplicate(error)) return null;
    throw error;
  });
  if (before === undefined) for (const room of planned.rooms.keys()) rooms.forget(room);
  if (!before) return undefined;
  const outbox = new Outbox();
  const value: SendOutcome[] = [];
  for (const { request, place } of planned.messages) {
    const { room, generation, epoch, id, account, device, body } = request;
    const seq = ((before.get(room) ?? 0) + place) as Seq;
    outbox.entry(room, { kind: 'message', seq, at, generation, epoch, id, account, device, body });
    value.push({ room, id, seq, at });
  }
  return { value, outbox };
}
