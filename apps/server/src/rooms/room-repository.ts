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
import { Batched } from '../database/batched.ts';
import type { Database, Tx } from '../database/database.ts';
import { arrayLiteral } from '../database/sql.ts';
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
  readonly emptiedSeq: Seq;
  readonly joinedSeq: Seq;
  readonly inGroup: boolean;
  readonly pendingRemovals: DeviceId[];
  readonly welcome: boolean;
  readonly createdAt: number;
}

interface View {
  readonly viewer: Sender;
  readonly rooms: readonly RoomId[];
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
  readonly #ids: Batched<AccountId, RoomId[]>;
  readonly #states: Batched<View, RoomState[]>;

  constructor(database: Database) {
    this.#database = database;
    this.#ids = new Batched((accounts) => this.#readIds(accounts));
    this.#states = new Batched(
      (views) => this.#readStates(views),
      ({ rooms }) => rooms.length,
    );
  }

  /** Rooms that the account is in. */
  ids(account: AccountId): Promise<RoomId[]> {
    return this.#ids.ask(account);
  }

  /** These rooms, as far as the account is in them, as the device sees them. */
  async states(viewer: Sender, rooms: readonly RoomId[]): Promise<RoomState[]> {
    return rooms.length === 0 ? [] : this.#states.ask({ viewer, rooms });
  }

  async #readIds(accounts: readonly AccountId[]): Promise<RoomId[][]> {
    const rows = await this.#database.prisma.$queryRaw<{ account: AccountId; rooms: RoomId[] }[]>`
      SELECT account_id AS account, array_agg(room_id) AS rooms FROM memberships
      WHERE account_id = ANY(${arrayLiteral(accounts)}::uuid[]) GROUP BY account_id`;
    const byAccount = new Map(rows.map(({ account, rooms }) => [account, rooms.slice(0, limits.helloMaxRooms)]));
    return accounts.map((account) => byAccount.get(account) ?? []);
  }

  async #readStates(views: readonly View[]): Promise<RoomState[][]> {
    const places = views.flatMap(({ viewer, rooms }, view) => rooms.map((room) => ({ view, viewer, room })));
    const rows = await this.#database.prisma.$queryRaw<(StateRow & { view: number })[]>`
      SELECT v.view, r.id, r.kind::text, r.slug, r.name, r.topic, r.policy::text, r.generation::float8, r.epoch::float8,
        r.head::float8, r.emptied_seq::float8 AS "emptiedSeq", m.joined_seq::float8 AS "joinedSeq",
        EXISTS (SELECT FROM roster_devices d WHERE d.room_id = r.id AND d.device_id = v.device) AS "inGroup",
        ARRAY(SELECT d.device_id FROM roster_devices d WHERE d.room_id = r.id AND d.removal_pending) AS "pendingRemovals",
        EXISTS (SELECT FROM welcome_recipients w WHERE w.room_id = r.id AND w.device_id = v.device) AS welcome,
        (extract(epoch FROM r.created_at) * 1000)::float8 AS "createdAt"
      FROM unnest(
        ${arrayLiteral(places.map(({ view }) => view))}::int[],
        ${arrayLiteral(places.map(({ viewer }) => viewer.account))}::uuid[],
        ${arrayLiteral(places.map(({ viewer }) => viewer.device))}::uuid[],
        ${arrayLiteral(places.map(({ room }) => room))}::uuid[]
      ) AS v(view, account, device, room)
      JOIN memberships m ON m.account_id = v.account AND m.room_id = v.room JOIN rooms r ON r.id = v.room`;
    const states = views.map((): RoomState[] => []);
    for (const { view, ...state } of rows) states[view]?.push(state);
    return states;
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

  /** The members' accounts in order. Fails with `unknown_room`, or `not_member` where `account` is none of them. */
  async memberIds(account: AccountId, id: RoomId): Promise<AccountId[]> {
    const [row] = await this.#database.prisma.$queryRaw<{ kind: RoomKind; members: AccountId[] }[]>`
      SELECT kind::text, ARRAY(SELECT account_id FROM memberships WHERE room_id = rooms.id ORDER BY account_id) AS members
      FROM rooms WHERE id = ${id}::uuid`;
    if (row === undefined) throw new ProtocolError('unknown_room');
    if (!row.members.includes(account)) throw outsiderError(row.kind);
    return row.members;
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
