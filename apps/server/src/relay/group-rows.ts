import type { AccountId, DeviceId, Epoch, FoundEntry, Generation, RoomId, Seq } from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import type { KnownDevice, RosterRow } from './roster-change.ts';

const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64');
const optional = (data: Uint8Array | undefined): string | null => (data === undefined ? null : base64(data));

/** An epoch that begins, with the entry that begins it. */
export interface EpochStart {
  readonly room: RoomId;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly external: boolean;
  readonly added: readonly DeviceId[];
  readonly removed: readonly DeviceId[];
  readonly authenticator: Uint8Array;
  readonly groupInfo: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  /** What a founder signed (SPEC R13). */
  readonly founding?: FoundEntry['founding'];
}

export async function readRoster(tx: Tx, room: RoomId): Promise<RosterRow[]> {
  return tx.$queryRaw<RosterRow[]>`
    SELECT device_id AS device, account_id AS account, removal_pending AS "removalPending"
    FROM roster_devices WHERE room_id = ${room}::uuid`;
}

/**
 * What the server knows of these devices, and whether their accounts are in the room. Their rows are held until the transaction ends:
 * a device that is being replaced elsewhere is seen either before or after that, not in between.
 */
export async function readDevices(tx: Tx, room: RoomId, devices: readonly DeviceId[]): Promise<KnownDevice[]> {
  if (devices.length === 0) return [];
  return tx.$queryRaw<KnownDevice[]>`
    SELECT d.id AS device, d.account_id AS account, d.active, m.account_id IS NOT NULL AS member
    FROM devices d LEFT JOIN memberships m ON m.room_id = ${room}::uuid AND m.account_id = d.account_id
    WHERE d.id = ANY(${[...devices]}::uuid[]) ORDER BY d.id FOR SHARE OF d`;
}

/**
 * Write what goes with a commit or a founding (SPEC R2): the epoch, its group info, the roster and the Welcomes. The entry at
 * `seq` must be in the log already, accounts that are added must be members, and the room's row locked.
 */
export async function writeEpoch(tx: Tx, start: EpochStart): Promise<void> {
  const { room, generation, epoch, seq, external, added, removed, authenticator, groupInfo, welcome, founding } = start;
  const { last, groupInfoHash, signature } = founding ?? {};
  await tx.$executeRaw`
    INSERT INTO room_epochs (room_id, generation, epoch, seq, external, added, removed, authenticator, last_epoch,
      last_authenticator, group_info_hash, signature)
    VALUES (${room}::uuid, ${generation}, ${epoch}, ${seq}, ${external}, ${[...added]}::uuid[], ${[...removed]}::uuid[],
      decode(${base64(authenticator)}, 'base64'), ${last?.epoch ?? null}, decode(${optional(last?.authenticator)}, 'base64'),
      decode(${optional(groupInfoHash)}, 'base64'), decode(${optional(signature)}, 'base64'))`;
  await tx.$executeRaw`UPDATE rooms SET generation = ${generation}, epoch = ${epoch} WHERE id = ${room}::uuid`;
  await tx.$executeRaw`
    INSERT INTO group_infos (room_id, generation, epoch, seq, data)
    VALUES (${room}::uuid, ${generation}, ${epoch}, ${seq}, decode(${base64(groupInfo)}, 'base64'))
    ON CONFLICT (room_id) DO UPDATE SET generation = EXCLUDED.generation, epoch = EXCLUDED.epoch, seq = EXCLUDED.seq,
      data = EXCLUDED.data`;
  const changed = [...added, ...removed];
  if (changed.length === 0) return;
  // Whoever enters or is removed has no use for a Welcome to an older epoch.
  await deleteWelcomes(tx, room, changed);
  await tx.$executeRaw`
    DELETE FROM roster_devices WHERE room_id = ${room}::uuid AND device_id = ANY(${[...removed]}::uuid[])`;
  await tx.$executeRaw`
    INSERT INTO roster_devices (room_id, device_id, account_id)
    SELECT ${room}::uuid, id, account_id FROM devices WHERE id = ANY(${[...added]}::uuid[])`;
  await noteInGroup(tx, room, added, seq);
  if (welcome === undefined) return;
  await tx.$executeRaw`
    INSERT INTO welcomes (room_id, generation, epoch, seq, data)
    VALUES (${room}::uuid, ${generation}, ${epoch}, ${seq}, decode(${base64(welcome)}, 'base64'))`;
  await tx.$executeRaw`
    INSERT INTO welcome_recipients (room_id, device_id, generation, epoch)
    SELECT ${room}::uuid, id, ${generation}, ${epoch} FROM unnest(${[...added]}::uuid[]) AS t(id)`;
}

/** What is kept for those who enter, with the entry that began its epoch. */
export interface GroupBlob {
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly data: Uint8Array<ArrayBuffer>;
}

export type GroupBlobRow = Omit<GroupBlob, 'data'> & { data: string };

export const groupBlob = (row: GroupBlobRow): GroupBlob => ({
  ...row,
  data: new Uint8Array(Buffer.from(row.data, 'base64')),
});

/** The stored group info of the room. */
export async function readGroupInfo(db: Pick<Tx, '$queryRaw'>, room: RoomId): Promise<GroupBlob | undefined> {
  const [row] = await db.$queryRaw<GroupBlobRow[]>`
    SELECT generation::float8, epoch::float8, seq::float8, encode(data, 'base64') AS data
    FROM group_infos WHERE room_id = ${room}::uuid`;
  return row && groupBlob(row);
}

/** Forget the Welcomes of these devices in the room, and those that nobody waits for any more. */
export async function deleteWelcomes(tx: Tx, room: RoomId, devices: readonly DeviceId[]): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM welcome_recipients WHERE room_id = ${room}::uuid AND device_id = ANY(${[...devices]}::uuid[])`;
  await tx.$executeRaw`
    DELETE FROM welcomes w WHERE w.room_id = ${room}::uuid AND NOT EXISTS (
      SELECT FROM welcome_recipients r
      WHERE r.room_id = w.room_id AND r.generation = w.generation AND r.epoch = w.epoch)`;
}

/** The accounts of these devices are in the group from this entry on, unless they were before: their reports count (SPEC R14). */
export async function noteInGroup(tx: Tx, room: RoomId, devices: readonly DeviceId[], seq: Seq): Promise<void> {
  await tx.$executeRaw`
    UPDATE memberships SET in_group_seq = ${seq} FROM devices d
    WHERE memberships.room_id = ${room}::uuid AND memberships.account_id = d.account_id AND d.id = ANY(${[...devices]}::uuid[])
      AND memberships.in_group_seq IS NULL`;
}

/** Make these accounts members whose membership begins after `joinedSeq` (SPEC L6). */
export async function addMembers(tx: Tx, room: RoomId, accounts: readonly AccountId[], joinedSeq: Seq): Promise<void> {
  await tx.membership.createMany({
    data: accounts.map((accountId) => ({ roomId: room, accountId, joinedSeq: BigInt(joinedSeq) })),
  });
}
