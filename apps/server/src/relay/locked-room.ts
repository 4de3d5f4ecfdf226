import {
  type AccountId,
  type DeviceId,
  type Epoch,
  type Generation,
  type HistoryPolicy,
  ProtocolError,
  type RoomId,
  type RoomKind,
  type Seq,
} from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { arrayLiteral, type Sql } from '../database/sql.ts';

/** A room whose row this transaction holds locked: nobody else appends to its log until it ends (SPEC L1, R2). */
export interface LockedRoom {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly policy: HistoryPolicy;
  generation: Generation;
  epoch: Epoch;
  head: Seq;
  /** The newest entry that can have changed its roster or epoch: all after it are messages or links. */
  readonly changedSeq: Seq;
  /** When the present generation was founded, in milliseconds; null before the first. */
  readonly foundedAt: number | null;
}

/** Lock the rooms that exist among `ids`, in the order of their ids so that two transactions never wait for each other. */
export async function lockRooms(tx: Sql, ids: readonly RoomId[]): Promise<Map<RoomId, LockedRoom>> {
  const rooms = await tx.$queryRaw<LockedRoom[]>`
    SELECT id, kind::text, policy::text, generation::float8, epoch::float8, head::float8, changed_seq::float8 AS "changedSeq",
      (extract(epoch FROM founded_at) * 1000)::float8 AS "foundedAt"
    FROM rooms WHERE id = ANY(${arrayLiteral([...new Set(ids)])}::uuid[]) ORDER BY id FOR UPDATE`;
  return new Map(rooms.map((room) => [room.id, room]));
}

/** Lock one room, or fail with `unknown_room`. */
export async function lockRoom(tx: Tx, id: RoomId): Promise<LockedRoom> {
  const room = (await lockRooms(tx, [id])).get(id);
  if (room === undefined) throw new ProtocolError('unknown_room');
  return room;
}

/** The next position in the room's log (SPEC L1). The caller appends an entry there. */
export function nextSeq(room: LockedRoom): Seq {
  room.head = (room.head + 1) as Seq;
  return room.head;
}

/** What someone hears who asks for a room without being in it: of a thread, not even that it exists. */
export const outsiderError = (kind: RoomKind): ProtocolError =>
  new ProtocolError(kind === 'public' ? 'not_member' : 'unknown_room');

/** Fail unless the account is a member of the room. */
export async function requireMember(tx: Tx, room: LockedRoom, account: AccountId): Promise<void> {
  const row = await tx.membership.findUnique({
    where: { roomId_accountId: { roomId: room.id, accountId: account } },
    select: { roomId: true },
  });
  if (row === null) throw outsiderError(room.kind);
}

/**
 * Fail unless the sender's device still counts: its socket may be on its way out while a request of it waits (SPEC R6). The row is
 * held until the transaction ends, so that the device cannot be replaced in between. Returns the device's key.
 */
export async function requireActiveDevice(tx: Tx, device: DeviceId): Promise<Uint8Array> {
  const [row] = await tx.$queryRaw<{ active: boolean; signatureKey: Uint8Array }[]>`
    SELECT active, signature_key AS "signatureKey" FROM devices WHERE id = ${device}::uuid FOR SHARE`;
  if (!row?.active) throw new ProtocolError('device_replaced');
  return row.signatureKey;
}

/** The loser of a race, or one who is behind, learns where the room is (SPEC L3, R2). */
export const staleEpoch = (room: LockedRoom): ProtocolError =>
  new ProtocolError('stale_epoch', { generation: room.generation, epoch: room.epoch, head: room.head });
