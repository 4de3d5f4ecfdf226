import {
  type AccountId,
  type ClientFrameOf,
  type DeviceId,
  type LogEntry,
  ProtocolError,
  type RoomId,
  type RoomKind,
} from '@undertone/protocol';
import type { Database } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { deleteWelcomes, type GroupBlob, type GroupBlobRow, groupBlob, readGroupInfo } from './group-rows.ts';
import { outsiderError } from './locked-room.ts';
import { type EntryRow, entryFromRow } from './log-rows.ts';
import type { Sender } from './sender.ts';

/** Bytes of entries on one page; a page has at least one entry. */
const pageMaxBytes = 2 * 1024 * 1024;

export interface Page {
  readonly entries: LogEntry[];
  readonly more: boolean;
}

/** Reading the logs and what belongs to them, as far as one may (SPEC L6). */
export class LogRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
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

  /** SPEC R4: keep what a member says of a commit. Saying it again changes nothing. */
  async report(sender: Sender, frame: Omit<ClientFrameOf<'report'>, 'type' | 'ref'>): Promise<void> {
    await this.#readableAfter(frame.room, sender.account);
    const { room: roomId, reason } = frame;
    const row = { roomId, seq: BigInt(frame.seq), deviceId: sender.device, reason };
    await this.#database.prisma.report.createMany({ data: [row], skipDuplicates: true });
  }

  /** After which entry the account may read the room's log (SPEC L6); fails where it is not a member. */
  async #readableAfter(room: RoomId, account: AccountId): Promise<number> {
    const [row] = await this.#database.prisma.$queryRaw<{ kind: RoomKind; joinedSeq: number | null }[]>`
      SELECT r.kind::text, m.joined_seq::float8 AS "joinedSeq"
      FROM rooms r LEFT JOIN memberships m ON m.room_id = r.id AND m.account_id = ${account}::uuid
      WHERE r.id = ${room}::uuid`;
    if (row === undefined) throw new ProtocolError('unknown_room');
    if (row.joinedSeq === null) throw outsiderError(row.kind);
    return row.kind === 'thread' ? row.joinedSeq : 0;
  }

  /** The first entries in `order` that fit a page. */
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
    const rows = await this.#database.prisma.$queryRaw<(EntryRow & { candidates: number })[]>`
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
        b.external, b.added, b.removed, encode(b.authenticator, 'base64') AS authenticator,
        p.candidates
      FROM page p LEFT JOIN room_epochs b ON b.room_id = p.room_id AND b.seq = p.seq
      WHERE p.place = 1 OR p.size <= ${pageMaxBytes} ORDER BY p.place`;
    const entries = rows.slice(0, limit).map(entryFromRow);
    const more = (rows[0]?.candidates ?? 0) > entries.length;
    return { entries: order === 'backward' ? entries.reverse() : entries, more };
  }
}
