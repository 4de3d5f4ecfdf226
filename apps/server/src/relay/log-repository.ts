import {
  type AccountId,
  type ClientFrameOf,
  type DeviceId,
  type LogEntry,
  limits,
  ProtocolError,
  type RoomId,
  type RoomKind,
  type Seq,
} from '@undertone/protocol';
import { Batched } from '../database/batched.ts';
import type { Database } from '../database/database.ts';
import { arrayLiteral } from '../database/sql.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { serverLimits } from '../server-limits.ts';
import { judge } from './bars.ts';
import { deleteWelcomes, type GroupBlob, type GroupBlobRow, groupBlob, readGroupInfo } from './group-rows.ts';
import { outsiderError } from './locked-room.ts';
import { type EntryRow, entryFromRow } from './log-rows.ts';
import type { Sender } from './sender.ts';

export interface Page {
  readonly entries: LogEntry[];
  readonly more: boolean;
  /** Messages up to here are not kept (SPEC L9). */
  readonly emptiedSeq: Seq;
}

/** Reading the logs and what belongs to them, as far as one may (SPEC L6). */
export class LogRepository {
  readonly #database: Database;
  readonly #heads: Batched<RoomId, Seq>;

  constructor(database: Database) {
    this.#database = database;
    this.#heads = new Batched((rooms) => this.#readHeads(rooms));
  }

  /** A page of the log in order: what follows `after`, or what stands before `before`. */
  async pull(account: AccountId, frame: Omit<ClientFrameOf<'pull'>, 'type' | 'ref'>): Promise<Page> {
    const readable = await this.#readableAfter(frame.room, account);
    const after = Math.max(readable, frame.after ?? 0);
    const where = Prisma.sql`e.seq > ${after} AND e.seq < ${frame.before ?? Number.MAX_SAFE_INTEGER}`;
    return this.#page(frame.room, where, frame.after === undefined ? 'backward' : 'forward', frame.limit);
  }

  /** SPEC H6: history links sealed under epochs up to (generation, epoch), newest epoch first. */
  async links(account: AccountId, frame: Omit<ClientFrameOf<'links'>, 'type' | 'ref'>): Promise<Page> {
    await this.#readableAfter(frame.room, account);
    const where = Prisma.sql`e.kind = 'link' AND (e.generation, e.epoch) <= (${frame.generation}, ${frame.epoch})`;
    return this.#page(frame.room, where, 'newest_epoch', frame.limit);
  }

  /** The stored group info (SPEC R7). */
  async groupInfo(account: AccountId, room: RoomId): Promise<GroupBlob> {
    await this.#readableAfter(room, account);
    const groupInfo = await readGroupInfo(this.#database.prisma, room);
    if (groupInfo === undefined) throw new ProtocolError('not_found');
    return groupInfo;
  }

  /** The Welcome that waits for the device in the room. */
  async welcome(sender: Sender, room: RoomId): Promise<GroupBlob> {
    await this.#readableAfter(room, sender.account);
    const [row] = await this.#database.prisma.$queryRaw<GroupBlobRow[]>`
      SELECT w.generation::float8, w.epoch::float8, w.seq::float8, encode(w.data, 'base64') AS data
      FROM welcome_recipients r JOIN welcomes w USING (room_id, generation, epoch)
      WHERE r.room_id = ${room}::uuid AND r.device_id = ${sender.device}::uuid`;
    if (row === undefined) throw new ProtocolError('not_found');
    return groupBlob(row);
  }

  async welcomeDone(device: DeviceId, room: RoomId): Promise<void> {
    await this.#database.transaction((tx) => deleteWelcomes(tx, room, [device]));
  }

  /**
   * SPEC R4, R14: keep what a member says of a commit or founding, and judge its sender. An account's second word on the same entry changes
   * nothing. Fails with `invalid_request` where no such entry is that the account knows of.
   */
  async report(sender: Sender, frame: Omit<ClientFrameOf<'report'>, 'type' | 'ref'>): Promise<void> {
    const readable = await this.#readableAfter(frame.room, sender.account);
    const { room, seq, reason } = frame;
    const [entry] = await this.#database.prisma.$queryRaw<{ account: AccountId; device: DeviceId }[]>`
      SELECT account_id AS account, device_id AS device FROM entries
      WHERE room_id = ${room}::uuid AND seq = ${seq}::bigint AND kind IN ('commit', 'found')`;
    // A newcomer of a thread knows the commit by which it was added, from the Welcome.
    if (entry === undefined || seq < readable) {
      throw new ProtocolError('invalid_request', { field: 'seq', reason: 'no commit or founding stands there' });
    }
    const noted = await this.#database.prisma.$executeRaw`
      INSERT INTO reports (room_id, seq, device_id, reason)
      SELECT ${room}::uuid, ${seq}::bigint, ${sender.device}::uuid, ${reason}::report_reason WHERE NOT EXISTS (
        SELECT FROM reports r JOIN devices d ON d.id = r.device_id
        WHERE r.room_id = ${room}::uuid AND r.seq = ${seq}::bigint AND d.account_id = ${sender.account}::uuid)
      ON CONFLICT DO NOTHING`;
    if (noted > 0) await judge(this.#database, { room, ...entry });
  }

  /** The last place of each of these logs that is taken; 0 for a room that is not there. */
  async heads(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Seq>> {
    const heads = await Promise.all(rooms.map((room) => this.#heads.ask(room)));
    return new Map(rooms.map((room, i) => [room, heads[i] ?? (0 as Seq)]));
  }

  async #readHeads(rooms: readonly RoomId[]): Promise<Seq[]> {
    const rows = await this.#database.prisma.$queryRaw<{ id: RoomId; head: Seq }[]>`
      SELECT id, head::float8 FROM rooms WHERE id = ANY(${arrayLiteral([...new Set(rooms)])}::uuid[])`;
    const heads = new Map(rows.map(({ id, head }) => [id, head]));
    return rooms.map((room) => heads.get(room) ?? (0 as Seq));
  }

  /** Of these rooms those whose head is beyond the place that is given with each, in one statement however many they are. */
  async moved(places: ReadonlyMap<RoomId, Seq>): Promise<ReadonlyMap<RoomId, Seq>> {
    const rows = await this.#database.prisma.$queryRaw<{ id: RoomId; head: Seq }[]>`
      SELECT r.id, r.head::float8
      FROM unnest(${arrayLiteral([...places.keys()])}::uuid[], ${arrayLiteral([...places.values()])}::bigint[]) AS p(id, place)
      JOIN rooms r ON r.id = p.id AND r.head > p.place`;
    return new Map(rows.map(({ id, head }) => [id, head]));
  }

  /** A page of what follows `after`, whoever asks: for the server itself. */
  following(room: RoomId, after: Seq): Promise<Page> {
    return this.#page(room, Prisma.sql`e.seq > ${after}`, 'forward', limits.pageMaxEntries);
  }

  /** After which entry the account may read the room's log (SPEC L6); fails where it is not a member. */
  async #readableAfter(room: RoomId, account: AccountId): Promise<number> {
    const [row] = await this.#database.reads.query<{ kind: RoomKind; joinedSeq: number | null }[]>(Prisma.sql`
      SELECT r.kind::text, m.joined_seq::float8 AS "joinedSeq"
      FROM rooms r LEFT JOIN memberships m ON m.room_id = r.id AND m.account_id = ${account}::uuid
      WHERE r.id = ${room}::uuid`);
    if (row === undefined) throw new ProtocolError('unknown_room');
    if (row.joinedSeq === null) throw outsiderError(row.kind);
    return row.kind === 'thread' ? row.joinedSeq : 0;
  }

  /** The first entries in `order` that fit a page, at least one. */
  async #page(
    room: RoomId,
    where: Prisma.Sql,
    order: 'forward' | 'backward' | 'newest_epoch',
    limit: number,
  ): Promise<Page> {
    const by = {
      forward: Prisma.sql`seq ASC`,
      backward: Prisma.sql`seq DESC`,
      newest_epoch: Prisma.sql`generation DESC, epoch DESC, seq DESC`,
    }[order];
    const rows = await this.#database.reads.query<(EntryRow & { candidates: number; emptiedSeq: Seq })[]>(Prisma.sql`
      WITH candidates AS (
        SELECT e.* FROM entries e WHERE e.room_id = ${room}::uuid AND ${where} ORDER BY ${by} LIMIT ${limit + 1}
      ), page AS (
        SELECT *, row_number() OVER w AS place, sum(coalesce(octet_length(body), 0)) OVER w AS size,
          (count(*) OVER ())::int AS candidates
        FROM candidates WINDOW w AS (ORDER BY ${by})
      )
      SELECT p.seq::float8, p.kind::text, p.generation::float8, p.epoch::float8, p.account_id AS account,
        p.device_id AS device, p.entry_id AS id, (extract(epoch FROM p.at) * 1000)::float8 AS at,
        CASE WHEN p.place <= ${limit} THEN encode(p.body, 'base64') END AS body, p.event::text, p.devices,
        encode(p.digest, 'base64') AS digest,
        b.external, b.added, b.removed, encode(b.authenticator, 'base64') AS authenticator,
        b.last_epoch::float8 AS "lastEpoch", encode(b.last_authenticator, 'base64') AS "lastAuthenticator",
        encode(b.group_info_hash, 'base64') AS "groupInfoHash", encode(b.signature, 'base64') AS signature,
        p.candidates,
        (SELECT emptied_seq FROM rooms WHERE id = ${room}::uuid)::float8 AS "emptiedSeq"
      FROM page p LEFT JOIN room_epochs b ON b.room_id = p.room_id AND b.seq = p.seq
      WHERE p.place = 1 OR p.size <= ${serverLimits.pageMaxBytes} ORDER BY p.place`);
    const entries = rows.slice(0, limit).map(entryFromRow);
    const more = (rows[0]?.candidates ?? 0) > entries.length;
    const emptiedSeq = rows[0]?.emptiedSeq ?? (0 as Seq);
    return { entries: order === 'backward' ? entries.reverse() : entries, more, emptiedSeq };
  }
}
