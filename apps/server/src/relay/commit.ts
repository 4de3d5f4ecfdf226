import { type AccountId, type ClientFrameOf, type Epoch, limits, ProtocolError } from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { requireNotBarred } from './bars.ts';
import { requireGroupInfo } from './group-info-check.ts';
import { addMembers, readDevices, readRoster, writeEpoch } from './group-rows.ts';
import { alreadySent } from './idempotency.ts';
import { type LockedRoom, lockRoom, nextSeq, requireActiveDevice, requireMember, staleEpoch } from './locked-room.ts';
import { excludeMember } from './membership.ts';
import type { Outbox } from './outbox.ts';
import { patchedGroupInfo } from './patched-group-info.ts';
import { checkRosterChange } from './roster-change.ts';
import type { Ack, Sender } from './sender.ts';

async function checkThreadSize(tx: Tx, room: LockedRoom, invited: readonly AccountId[]): Promise<void> {
  if (invited.length === 0) return;
  const members = await tx.membership.count({ where: { roomId: room.id } });
  if (members + invited.length > limits.threadMaxMembers) throw new ProtocolError('thread_full');
}

/**
 * SPEC R2, R3: end the room's epoch by a commit, if it is still the present one and its declared effect is allowed. Accounts that
 * it invites to a thread become members, those that it removes from it cease to be; each gets a notice after the commit.
 */
export async function commit(
  tx: Tx,
  outbox: Outbox,
  sender: Sender,
  frame: Omit<ClientFrameOf<'commit'>, 'type' | 'ref'>,
): Promise<Ack> {
  const room = await lockRoom(tx, frame.room);
  const earlier = await alreadySent(tx, { device: sender.device, id: frame.id }, room.id);
  if (earlier) return earlier;
  const signatureKey = await requireActiveDevice(tx, sender.device);
  await requireMember(tx, room, sender.account);
  if (frame.generation !== room.generation || frame.epoch !== room.epoch || room.generation === 0) {
    throw staleEpoch(room);
  }
  await requireNotBarred(tx, room.id, sender.device);
  const { invited, excluded } = checkRosterChange({
    kind: room.kind,
    sender: sender.device,
    external: frame.external,
    hasWelcome: frame.welcome !== undefined,
    added: frame.added,
    removed: frame.removed,
    roster: await readRoster(tx, room.id),
    known: await readDevices(tx, room.id, frame.added),
  });
  await checkThreadSize(tx, room, invited);
  const groupInfo = frame.groupInfo ?? (await patchedGroupInfo(tx, room, frame.groupInfoPatch));
  requireGroupInfo(groupInfo, { ...room, epoch: (frame.epoch + 1) as Epoch, signatureKey });

  const ack: Ack = { room: room.id, id: frame.id, seq: nextSeq(room), at: Date.now() };
  const { generation, epoch, external, added, removed, authenticator, welcome } = frame;
  outbox.entry(room.id, {
    kind: 'commit',
    seq: ack.seq,
    at: ack.at,
    generation,
    epoch,
    id: frame.id,
    account: sender.account,
    device: sender.device,
    body: frame.commit,
    external,
    added,
    removed,
    authenticator,
  });
  await outbox.append(tx);
  room.epoch = (epoch + 1) as Epoch;
  await addMembers(tx, room.id, invited, ack.seq);
  await writeEpoch(tx, {
    room: room.id,
    generation,
    epoch: room.epoch,
    seq: ack.seq,
    external,
    added,
    removed,
    authenticator,
    groupInfo,
    welcome,
  });
  for (const account of excluded) await excludeMember(tx, outbox, room, account);
  for (const account of invited) {
    const notice = { seq: nextSeq(room), at: ack.at, generation, epoch: room.epoch, account, devices: [] };
    outbox.entry(room.id, { kind: 'notice', event: 'joined', ...notice });
    outbox.event({ kind: 'joined', room: room.id, account });
  }
  return ack;
}
