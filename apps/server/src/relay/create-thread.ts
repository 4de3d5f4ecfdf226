import {
  type AccountId,
  type ClientFrameOf,
  type DeviceId,
  type Epoch,
  type Generation,
  ProtocolError,
  type Seq,
} from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { requireGroupInfo } from './group-info-check.ts';
import { addMembers, noteInGroup, writeEpoch } from './group-rows.ts';
import { alreadySent } from './idempotency.ts';
import { type LockedRoom, nextSeq, requireActiveDevice } from './locked-room.ts';
import type { Outbox } from './outbox.ts';
import type { Ack, Sender } from './sender.ts';

type CreateThread = Omit<ClientFrameOf<'create_thread'>, 'type' | 'ref'>;

const mismatch = (reason: string): ProtocolError => new ProtocolError('roster_mismatch', { reason });

/** SPEC R5: every added device is an active one of a member; every member has one; the founder's device is in the tree already. */
async function checkMembers(tx: Tx, sender: Sender, frame: CreateThread): Promise<AccountId[]> {
  const members = new Set<AccountId>([...frame.members, sender.account]);
  if (members.size !== frame.members.length + 1) throw mismatch('a member is named twice');
  if (new Set(frame.added).size !== frame.added.length) throw mismatch('a device is named twice');
  const devices = await tx.$queryRaw<{ device: DeviceId; account: AccountId }[]>`
    SELECT id AS device, account_id AS account FROM devices
    WHERE active AND id = ANY(${frame.added}::uuid[]) ORDER BY id FOR SHARE`;
  if (devices.length !== frame.added.length) throw mismatch('an added device is not an active device');
  for (const { device, account } of devices) {
    if (device === sender.device || !members.has(account)) throw mismatch('an added device belongs to nobody invited');
  }
  const reached = new Set(devices.map(({ account }) => account));
  if (frame.members.some((member) => !reached.has(member))) throw mismatch('a member has no device in the group');
  return [...members];
}

/**
 * SPEC R5: make a thread together with its group: the commit is its first entry, which ended epoch 0 of generation 1. The same
 * room by the same device again gets the same answer; a room id that is in use is `duplicate_id`.
 */
export async function createThread(tx: Tx, outbox: Outbox, sender: Sender, frame: CreateThread): Promise<Ack> {
  const earlier = await alreadySent(tx, { device: sender.device, id: frame.id }, frame.room);
  if (earlier) return earlier;
  const signatureKey = await requireActiveDevice(tx, sender.device);
  const members = await checkMembers(tx, sender, frame);
  const now = Date.now();
  const created = await tx.$executeRaw`
    INSERT INTO rooms (id, kind, policy, created_by, generation, epoch, head, founded_at)
    VALUES (${frame.room}::uuid, 'thread', 'sealed', ${sender.account}::uuid, 1, 0, 0, to_timestamp(${String(now)}::float8 / 1000))
    ON CONFLICT (id) DO NOTHING`;
  if (created === 0) throw new ProtocolError('duplicate_id');

  const generation = 1 as Generation;
  const room: LockedRoom = {
    id: frame.room,
    kind: 'thread',
    policy: 'sealed',
    generation,
    epoch: 0 as Epoch,
    head: 0 as Seq,
    changedSeq: 0 as Seq,
    foundedAt: now,
  };
  requireGroupInfo(frame.groupInfo, { ...room, epoch: 1 as Epoch, signatureKey });
  const ack: Ack = { room: room.id, id: frame.id, seq: nextSeq(room), at: now };
  outbox.entry(room.id, {
    kind: 'commit',
    seq: ack.seq,
    at: now,
    generation,
    epoch: room.epoch,
    id: frame.id,
    account: sender.account,
    device: sender.device,
    body: frame.commit,
    external: false,
    added: frame.added,
    removed: [],
    authenticator: frame.authenticator,
  });
  await outbox.append(tx);
  await tx.rosterDevice.create({
    data: { roomId: room.id, deviceId: sender.device, accountId: sender.account },
    select: { roomId: true },
  });
  // The founder's log begins with its own commit, which tells it that the thread exists; the others' after it (SPEC L6).
  await addMembers(tx, room.id, [sender.account], 0 as Seq);
  await addMembers(tx, room.id, frame.members, ack.seq);
  await noteInGroup(tx, room.id, [sender.device], ack.seq);
  await writeEpoch(tx, {
    room: room.id,
    generation,
    epoch: 1 as Epoch,
    seq: ack.seq,
    external: false,
    added: frame.added,
    removed: [],
    authenticator: frame.authenticator,
    groupInfo: frame.groupInfo,
    welcome: frame.welcome,
  });
  for (const account of members) outbox.event({ kind: 'joined', room: room.id, account });
  return ack;
}
