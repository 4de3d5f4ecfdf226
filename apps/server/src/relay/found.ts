import { createHash } from 'node:crypto';
import {
  type AccountId,
  type ClientFrameOf,
  type Epoch,
  type FoundEntry,
  foundingBytes,
  limits,
  ProtocolError,
} from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { verifyEd25519 } from '../devices/ed25519.ts';
import { serverLimits } from '../server-limits.ts';
import { requireNotBarred } from './bars.ts';
import { requireGroupInfo } from './group-info-check.ts';
import { writeEpoch } from './group-rows.ts';
import { alreadySent } from './idempotency.ts';
import { type LockedRoom, lockRoom, nextSeq, requireActiveDevice, requireMember, staleEpoch } from './locked-room.ts';
import type { Outbox } from './outbox.ts';
import type { Ack, Sender } from './sender.ts';

type Found = Omit<ClientFrameOf<'found'>, 'type' | 'ref'>;

const dayMs = 24 * 60 * 60 * 1000;

/** SPEC R8: fail with `generation_too_soon` where the room, or the account in it, founded too much of late. */
async function requireTurn(tx: Tx, room: LockedRoom, account: AccountId, now: number): Promise<void> {
  const sinceMs = room.foundedAt === null ? Number.POSITIVE_INFINITY : now - room.foundedAt;
  const [oldest] = await tx.$queryRaw<{ at: number }[]>`
    SELECT (extract(epoch FROM e.at) * 1000)::float8 AS at
    FROM room_epochs b JOIN entries e ON e.room_id = b.room_id AND e.seq = b.seq
    WHERE b.room_id = ${room.id}::uuid AND b.epoch = 0 AND e.account_id = ${account}::uuid
      AND e.at > to_timestamp(${(now - dayMs) / 1000}::float8)
    ORDER BY b.generation DESC OFFSET ${serverLimits.foundingsPerDay - 1} LIMIT 1`;
  const waitMs = Math.max(serverLimits.generationMinMs - sinceMs, oldest ? oldest.at + dayMs - now : 0);
  if (waitMs > 0) throw new ProtocolError('generation_too_soon', { retryAfterMs: waitMs });
}

/** SPEC R13: what the founder signed. Fails with `invalid_proof` where it did not sign just this. */
function checkedFounding(frame: Found, signatureKey: Uint8Array): NonNullable<FoundEntry['founding']> {
  const { room, generation, last, authenticator, signature } = frame;
  const groupInfoHash = new Uint8Array(createHash('sha256').update(frame.groupInfo).digest());
  const signed = foundingBytes({ room, generation, last, groupInfoHash, authenticator });
  if (!verifyEd25519(signatureKey, signed, signature)) {
    throw new ProtocolError('invalid_proof', { reason: 'the founding is not signed by the device that sent it' });
  }
  return { last, groupInfoHash, signature };
}

/**
 * SPEC R1: begin a later generation of the room with its founder alone on the roster. The first group of a room may be founded at any
 * time, later ones at most once a minute, and by one account a few times a day.
 */
export async function found(tx: Tx, outbox: Outbox, sender: Sender, frame: Found): Promise<Ack> {
  const room = await lockRoom(tx, frame.room);
  const earlier = await alreadySent(tx, { device: sender.device, id: frame.id }, room.id);
  if (earlier) return earlier;
  const signatureKey = await requireActiveDevice(tx, sender.device);
  await requireMember(tx, room, sender.account);
  const step = frame.generation - room.generation;
  if (step < 1 || step > limits.foundingMaxStep) throw staleEpoch(room);
  const now = Date.now();
  await requireNotBarred(tx, room.id, sender.device);
  await requireTurn(tx, room, sender.account, now);
  const founding = checkedFounding(frame, signatureKey);
  const epoch = 0 as Epoch;
  requireGroupInfo(frame.groupInfo, { ...room, generation: frame.generation, epoch, signatureKey });

  const ack: Ack = { room: room.id, id: frame.id, seq: nextSeq(room), at: now };
  const { generation, authenticator, groupInfo } = frame;
  outbox.entry(room.id, {
    kind: 'found',
    seq: ack.seq,
    at: now,
    generation,
    epoch,
    id: frame.id,
    account: sender.account,
    device: sender.device,
    authenticator,
    founding,
  });
  await outbox.append(tx);
  await tx.rosterDevice.deleteMany({ where: { roomId: room.id } });
  await tx.welcome.deleteMany({ where: { roomId: room.id } });
  await tx.room.update({ where: { id: room.id }, data: { foundedAt: new Date(now) }, select: { id: true } });
  await writeEpoch(tx, {
    room: room.id,
    generation,
    epoch,
    seq: ack.seq,
    external: false,
    added: [sender.device],
    removed: [],
    authenticator,
    groupInfo,
    welcome: undefined,
    founding,
  });
  return ack;
}
