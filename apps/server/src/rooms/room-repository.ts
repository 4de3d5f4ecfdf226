import {
  type AccountId,
  type DeviceId,
  type Epoch,
  type Generation,
  type HistoryPolicy,
  limits,
  ProtocolError,
  type RoomId,
  type RoomKind,
  type RoomListing,
  type RoomMember,
  type RoomState,
  type Seq,
  slugFromName,
} from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { outsiderError } from '../relay/locked-room.ts';
import type { Sender } from '../relay/sender.ts';

interface StateRow {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly slug: string | null;
  readonly name: string | null;
  readonly topic: string;
  readonly policy: HistoryPolicy;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly head: Seq;
  readonly joinedSeq: Seq;
  readonly inGroup: boolean;
  readonly pendingRemovals: DeviceId[];
  readonly welcome: boolean;
  readonly createdAt: number;
}

export interface NewRoom {
  readonly id: RoomId;
  readonly name: string;
  readonly topic: string;
  readonly createdBy: AccountId | null;
}

/** Rooms as their members and visitors see them; what changes their logs is in `relay`. */
export class RoomRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rooms that the account is in. */
  async ids(account: AccountId): Promise<RoomId[]> {
    const rows = await this.#database.prisma.membership.findMany({
      where: { accountId: account },
      select: { roomId: true },
      take: limits.helloMaxRooms,
    });
    return rows.map(({ roomId }) => roomId as RoomId);
  }

  /** These rooms, as far as the account is in them, as the device sees them. */
  async states({ account, device }: Sender, rooms: readonly RoomId[]): Promise<RoomState[]> {
    if (rooms.length === 0) return [];
    return this.#database.prisma.$queryRaw<StateRow[]>`
      SELECT r.id, r.kind::text, r.slug, r.name, r.topic, r.policy::text, r.generation::float8, r.epoch::float8,
        r.head::float8, m.joined_seq::float8 AS "joinedSeq",
        EXISTS (SELECT FROM roster_devices d WHERE d.room_id = r.id AND d.device_id = ${device}::uuid) AS "inGroup",
        ARRAY(SELECT d.device_id FROM roster_devices d WHERE d.room_id = r.id AND d.removal_pending) AS "pendingRemovals",
        EXISTS (SELECT FROM welcome_recipients w WHERE w.room_id = r.id AND w.device_id = ${device}::uuid) AS welcome,
        (extract(epoch FROM r.created_at) * 1000)::float8 AS "createdAt"
      FROM memberships m JOIN rooms r ON r.id = m.room_id
      WHERE m.account_id = ${account}::uuid AND m.room_id = ANY(${[...rooms]}::uuid[])`;
  }

  /** The public rooms, the fullest first. */
  async directory(account: AccountId): Promise<RoomListing[]> {
    return this.#database.prisma.$queryRaw<RoomListing[]>`
      SELECT r.id, r.slug, r.name, r.topic, r.policy::text, count(m.account_id)::int AS "memberCount",
        coalesce(bool_or(m.account_id = ${account}::uuid), false) AS joined
      FROM rooms r LEFT JOIN memberships m ON m.room_id = r.id
      WHERE r.kind = 'public' GROUP BY r.id ORDER BY "memberCount" DESC, r.slug`;
  }

  /** Who is in the room, with their devices in the group. Of a public room anyone may know; of a thread its members only. */
  async members(account: AccountId, id: RoomId): Promise<RoomMember[]> {
    const room = await this.#database.prisma.room.findUnique({
      where: { id },
      select: { kind: true, memberships: { where: { accountId: account }, select: { accountId: true } } },
    });
    if (room === null) throw new ProtocolError('unknown_room');
    if (room.kind === 'thread' && room.memberships.length === 0) throw outsiderError(room.kind);
    return this.#database.prisma.$queryRaw<RoomMember[]>`
      SELECT m.account_id AS account, (extract(epoch FROM m.joined_at) * 1000)::float8 AS "joinedAt",
        ARRAY(SELECT d.device_id FROM roster_devices d
          WHERE d.room_id = m.room_id AND d.account_id = m.account_id AND NOT d.removal_pending) AS devices
      FROM memberships m WHERE m.room_id = ${id}::uuid ORDER BY m.joined_at, m.account_id`;
  }

  async bySlug(slug: string): Promise<RoomId | undefined> {
    const row = await this.#database.prisma.room.findUnique({ where: { slug }, select: { id: true } });
    return row?.id as RoomId | undefined;
  }

  /** Make a public room without members. Fails with `room_exists` where its address is taken, `room_limit` for too many. */
  async create(tx: Tx, { id, name, topic, createdBy }: NewRoom): Promise<string> {
    const slug = slugFromName(name);
    if (slug === '') throw new ProtocolError('invalid_request', { field: 'name', reason: 'no letter or digit' });
    if (createdBy !== null) {
      const created = await tx.room.count({ where: { createdBy, kind: 'public' } });
      if (created >= limits.roomsCreatedPerAccount) throw new ProtocolError('room_limit');
    }
    const row = { id, kind: 'public', policy: 'shared', slug, name, topic, createdBy } as const;
    const { count } = await tx.room.createMany({ data: [row], skipDuplicates: true });
    if (count === 0) throw new ProtocolError('room_exists');
    return slug;
  }
}
