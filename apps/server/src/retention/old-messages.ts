import type { RoomId } from '@undertone/protocol';
import type { Database } from '../database/database.ts';

/** What was emptied in one transaction. */
export interface Stretch {
  readonly messages: number;
  readonly files: number;
  /** The room's log may have more that is old enough. */
  readonly more: boolean;
}

/** Before the id of every room. */
const beforeAll = '00000000-0000-0000-0000-000000000000';

const nothing: Stretch = { messages: 0, files: 0, more: false };

/** Emptying what is too old to be kept (SPEC L9), from where each room was left off. */
export class OldMessages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Of the next `limit` rooms after `after`, in the order of their ids, those whose log goes on with something from before `before`.
   * One place of the log is looked at per room, by the primary key: the subquery's LIMIT keeps the planner from reading all of it.
   */
  async rooms(before: Date, after: RoomId | null, limit: number): Promise<{ old: RoomId[]; last: RoomId | null }> {
    const rows = await this.#database.prisma.$queryRaw<{ id: RoomId; old: boolean }[]>`
      SELECT r.id, coalesce(next.at < to_timestamp(${before.getTime()}::float8 / 1000), false) AS old
      FROM (
        SELECT id, emptied_seq FROM rooms WHERE id > ${after ?? beforeAll}::uuid ORDER BY id LIMIT ${limit}
      ) AS r LEFT JOIN LATERAL (
        SELECT e.at FROM entries e WHERE e.room_id = r.id AND e.seq > r.emptied_seq ORDER BY e.seq LIMIT 1
      ) AS next ON true
      ORDER BY r.id`;
    const last = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
    return { old: rows.flatMap(({ id, old }) => (old ? id : [])), last };
  }

  /**
   * Empty the messages among the next `limit` entries of the room that are from before `before`, give up their files (F3), and note how
   * far that came, in one transaction. It stops at the first entry that is young: clocks of several processes may differ a little, and
   * nothing goes too early. The room's row is locked first, as by everyone who writes to its log, so whoever else is at it goes before
   * or after, and nobody waits longer than for `limit` rows.
   */
  async emptyNext(room: RoomId, before: Date, limit: number): Promise<Stretch> {
    return this.#database.transaction(async (tx) => {
      const [from] = await tx.$queryRaw<{ seq: number }[]>`
        SELECT emptied_seq::float8 AS seq FROM rooms WHERE id = ${room}::uuid FOR NO KEY UPDATE`;
      if (from === undefined) return nothing;
      const [to] = await tx.$queryRaw<{ seq: number | null; whole: boolean }[]>`
        SELECT coalesce(min(seq) FILTER (WHERE young) - 1, max(seq))::float8 AS seq,
          count(*) = ${limit} AND NOT bool_or(young) AS whole
        FROM (
          SELECT seq, at >= to_timestamp(${before.getTime()}::float8 / 1000) AS young
          FROM entries WHERE room_id = ${room}::uuid AND seq > ${from.seq}::bigint ORDER BY seq LIMIT ${limit}
        ) AS stretch`;
      if (!to?.seq || to.seq <= from.seq) return nothing;
      const messages = await tx.$executeRaw`
        UPDATE entries SET body = ''::bytea, digest = sha256(body)
        WHERE room_id = ${room}::uuid AND seq > ${from.seq}::bigint AND seq <= ${to.seq}::bigint AND kind = 'message' AND octet_length(body) > 0`;
      const files = await tx.$executeRaw`
        UPDATE blobs SET room_id = NULL, seq = NULL
        WHERE room_id = ${room}::uuid AND seq > ${from.seq}::bigint AND seq <= ${to.seq}::bigint`;
      await tx.$executeRaw`UPDATE rooms SET emptied_seq = ${to.seq} WHERE id = ${room}::uuid`;
      return { messages, files, more: to.whole };
    });
  }

  /** PostgreSQL makes the room that was freed usable by itself; the embedded database has nobody who does. */
  async reclaim(): Promise<void> {
    if (this.#database.kind === 'pglite') await this.#database.prisma.$executeRaw`VACUUM entries`;
  }
}
