import type { MessageEntry, RoomId, Seq } from '@undertone/protocol';
import type { Database } from '../database/database.ts';
import { arrayLiteral, type Sql } from '../database/sql.ts';
import type { SendOutcome, SendRequest } from './append-sends.ts';
import { sentKey } from './idempotency.ts';
import type { KnownRoom, KnownRooms } from './known-rooms.ts';
import { base64 } from './log-rows.ts';
import { Outbox } from './outbox.ts';

/** PostgreSQL's unique_violation: the id was sent before (SPEC L4). */
const uniqueViolation = '23505';

interface Planned {
  readonly room: RoomId;
  readonly entry: MessageEntry;
}

interface Plan {
  readonly messages: readonly Planned[];
  /** The rooms as they are known, each with the head that it gets. */
  readonly heads: ReadonlyMap<RoomId, { readonly known: KnownRoom; head: Seq }>;
}

/** The entries that a flush makes, if what is known decides all of its envelopes: plain messages of the present epoch, by known senders. */
function plan(requests: readonly SendRequest[], rooms: KnownRooms): Plan | undefined {
  const messages: Planned[] = [];
  const heads = new Map<RoomId, { known: KnownRoom; head: Seq }>();
  const keys = new Set<string>();
  const at = Date.now();
  for (const request of requests) {
    const { room, kind, generation, epoch, id, account, device, body, erases, blobs } = request;
    const known = rooms.get(room);
    if (kind !== 'message' || erases || blobs || !known?.senders.has(device)) return undefined;
    if (generation !== known.generation || epoch !== known.epoch) return undefined;
    const place = heads.get(room) ?? { known, head: known.head };
    heads.set(room, place);
    place.head = (place.head + 1) as Seq;
    keys.add(sentKey(request));
    const entry: MessageEntry = { kind, seq: place.head, at, generation, epoch, id, account, device, body };
    messages.push({ room, entry });
  }
  return keys.size === requests.length ? { messages, heads } : undefined;
}

/** Whether it was appended; if not, nothing was changed. */
async function append(sql: Sql, { messages, heads }: Plan): Promise<boolean> {
  const places = [...heads.values()];
  const entries = messages.map(({ entry }) => entry);
  // Locked in the order of their ids, as by `lockRooms`. A row for which this waits is compared as it is then.
  const moved = await sql.$executeRaw`
    WITH known AS (
      SELECT * FROM unnest(
        ${arrayLiteral([...heads.keys()])}::uuid[],
        ${arrayLiteral(places.map(({ known }) => known.head))}::bigint[],
        ${arrayLiteral(places.map(({ head }) => head))}::bigint[],
        ${arrayLiteral(places.map(({ known }) => known.generation))}::bigint[],
        ${arrayLiteral(places.map(({ known }) => known.epoch))}::bigint[],
        ${arrayLiteral(places.map(({ known }) => known.foundedAt))}::float8[]
      ) AS k(id, before, after, generation, epoch, founded_at)
    ), unchanged AS (
      SELECT r.id FROM rooms r JOIN known k ON k.id = r.id
      WHERE r.head = k.before AND (extract(epoch FROM r.founded_at) * 1000)::float8 IS NOT DISTINCT FROM k.founded_at
      ORDER BY r.id FOR UPDATE OF r
    ), verdict AS (
      SELECT (SELECT count(*) FROM unchanged) = (SELECT count(*) FROM known) AS holds
    ), added AS (
      INSERT INTO entries (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body, devices)
      SELECT m.room, m.seq, 'message', k.generation, k.epoch, m.account, m.device, m.id,
        to_timestamp(${entries[0]?.at ?? 0}::float8 / 1000), decode(m.body, 'base64'), '{}'
      FROM unnest(
        ${arrayLiteral(messages.map(({ room }) => room))}::uuid[],
        ${arrayLiteral(entries.map(({ seq }) => seq))}::bigint[],
        ${arrayLiteral(entries.map(({ account }) => account))}::uuid[],
        ${arrayLiteral(entries.map(({ device }) => device))}::uuid[],
        ${arrayLiteral(entries.map(({ id }) => id))}::uuid[],
        ${arrayLiteral(entries.map(({ body }) => base64(body)))}::text[]
      ) AS m(room, seq, account, device, id, body) JOIN known k ON k.id = m.room
      WHERE (SELECT holds FROM verdict)
    )
    UPDATE rooms SET head = k.after FROM known k WHERE rooms.id = k.id AND (SELECT holds FROM verdict)`;
  return moved > 0;
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === uniqueViolation;

/**
 * The short way for a flush: one statement, a transaction in itself, which appends only if every room's head is still where this
 * process knows it, so that all it knows of the rooms still holds (see `KnownRoom`). Undefined where that is not so, or an id was sent
 * before: nothing is changed then, and the flush takes the long way, `appendSends`.
 */
export async function appendKnown(
  database: Database,
  rooms: KnownRooms,
  requests: readonly SendRequest[],
): Promise<{ value: SendOutcome[]; outbox: Outbox } | undefined> {
  const planned = plan(requests, rooms);
  if (planned === undefined) return undefined;
  const appended = await append(database.sql, planned).catch((error: unknown) => {
    if (isDuplicate(error)) return undefined;
    throw error;
  });
  if (appended === false) for (const room of planned.heads.keys()) rooms.forget(room);
  if (!appended) return undefined;
  for (const [room, { head }] of planned.heads) rooms.advance(room, head);
  const outbox = new Outbox();
  for (const { room, entry } of planned.messages) outbox.entry(room, entry);
  return { value: planned.messages.map(({ room, entry: { id, seq, at } }) => ({ room, id, seq, at })), outbox };
}
