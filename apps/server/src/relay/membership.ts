import {
  type AccountId,
  type DeviceId,
  limits,
  type NoticeEntry,
  ProtocolError,
  type RoomId,
} from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { addMembers, deleteWelcomes } from './group-rows.ts';
import { type LockedRoom, lockRoom, lockRooms, nextSeq, outsiderError } from './locked-room.ts';
import type { Outbox } from './outbox.ts';

function notice(
  outbox: Outbox,
  room: LockedRoom,
  event: NoticeEntry['event'],
  account: AccountId,
  devices: DeviceId[],
): void {
  const { generation, epoch } = room;
  const seq = nextSeq(room);
  outbox.entry(room.id, { kind: 'notice', seq, at: Date.now(), generation, epoch, event, account, devices });
}

/** Mark the account's devices on the room's roster: they may send nothing more, and their removal is pending (SPEC R6). */
async function markRemovals(tx: Tx, room: RoomId, account: AccountId): Promise<DeviceId[]> {
  const rows = await tx.$queryRaw<{ device: DeviceId }[]>`
    UPDATE roster_devices SET removal_pending = true
    WHERE room_id = ${room}::uuid AND account_id = ${account}::uuid AND NOT removal_pending
    RETURNING device_id AS device`;
  return rows.map(({ device }) => device);
}

async function dropWelcomes(tx: Tx, room: RoomId, account: AccountId): Promise<void> {
  const devices = await tx.device.findMany({ where: { accountId: account }, select: { id: true } });
  await deleteWelcomes(
    tx,
    room,
    devices.map(({ id }) => id as DeviceId),
  );
}

/** End a membership: the roster is marked, members are told, and a thread that nobody is in any more is deleted. */
async function endMembership(
  tx: Tx,
  outbox: Outbox,
  room: LockedRoom,
  account: AccountId,
  event: 'left' | 'account_removed',
): Promise<void> {
  await tx.membership.deleteMany({ where: { roomId: room.id, accountId: account } });
  outbox.event({ kind: 'gone', room: room.id, account });
  if (room.kind === 'thread' && (await tx.membership.count({ where: { roomId: room.id } })) === 0) {
    await tx.entry.deleteMany({ where: { roomId: room.id } });
    await tx.room.delete({ where: { id: room.id }, select: { id: true } });
    outbox.event({ kind: 'blobs_given_up' });
    return;
  }
  await dropWelcomes(tx, room.id, account);
  notice(outbox, room, event, account, await markRemovals(tx, room.id, account));
}

/**
 * SPEC R3: the account was removed from a thread by the commit that was just written, with all its devices, so that no removal is pending.
 * It goes on as it would have by leaving.
 */
export async function excludeMember(tx: Tx, outbox: Outbox, room: LockedRoom, account: AccountId): Promise<void> {
  await tx.membership.deleteMany({ where: { roomId: room.id, accountId: account } });
  outbox.event({ kind: 'gone', room: room.id, account });
  await dropWelcomes(tx, room.id, account);
  notice(outbox, room, 'removed', account, []);
}

/** Join a public room. Joining again changes nothing. */
export async function joinRoom(tx: Tx, outbox: Outbox, id: RoomId, account: AccountId): Promise<void> {
  const room = await lockRoom(tx, id);
  if (room.kind !== 'public') throw outsiderError(room.kind);
  const where = { roomId_accountId: { roomId: id, accountId: account } };
  if ((await tx.membership.findUnique({ where, select: { roomId: true } })) !== null) return;
  if ((await tx.membership.count({ where: { accountId: account } })) >= limits.helloMaxRooms) {
    throw new ProtocolError('room_limit');
  }
  await addMembers(tx, id, [account], room.head);
  notice(outbox, room, 'joined', account, []);
  outbox.event({ kind: 'joined', room: id, account });
}

/** Leave a public room or a thread (SPEC R6). */
export async function leaveRoom(tx: Tx, outbox: Outbox, id: RoomId, account: AccountId): Promise<void> {
  const room = await lockRoom(tx, id);
  const where = { roomId_accountId: { roomId: id, accountId: account } };
  if ((await tx.membership.findUnique({ where, select: { roomId: true } })) === null) throw outsiderError(room.kind);
  await endMembership(tx, outbox, room, account, 'left');
}

async function roomsOf(tx: Tx, account: AccountId): Promise<LockedRoom[]> {
  const rows = await tx.$queryRaw<{ id: RoomId }[]>`
    SELECT room_id AS id FROM memberships WHERE account_id = ${account}::uuid`;
  const rooms = await lockRooms(
    tx,
    rows.map(({ id }) => id),
  );
  return [...rooms.values()];
}

/** SPEC R6: the account's devices so far count no more in any room; it stays a member and enters again with its new device. */
export async function removeDevicesEverywhere(tx: Tx, outbox: Outbox, account: AccountId): Promise<void> {
  for (const room of await roomsOf(tx, account)) {
    await dropWelcomes(tx, room.id, account);
    notice(outbox, room, 'started_anew', account, await markRemovals(tx, room.id, account));
  }
}

/** SPEC R6: the account is being deleted: all its memberships end. */
export async function endAllMemberships(tx: Tx, outbox: Outbox, account: AccountId): Promise<void> {
  for (const room of await roomsOf(tx, account)) await endMembership(tx, outbox, room, account, 'account_removed');
}
